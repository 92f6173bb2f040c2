// Tokens: a changed Secret counts without a restart; a Secret of the user's own serves too, with
// tokens that may only read.
import { beforeAll, describe, expect, it } from 'vitest';
import { DUMBKV, SECRET } from '../../operator/api/resources.ts';
import { useGround } from './support/ground.ts';
import type { Instance } from './support/instance.ts';
import { eventually, LONG_PATIENCE_MS } from './support/patience.ts';
import { stopwatch } from './support/report.ts';

const ground = useGround('token');
const OWN_SECRET = 'our-tokens';
const READ_KEY = { key: 'guarded' };

const statusOf = async (instance: Instance, token: string | undefined): Promise<number> =>
  (await instance.withToken(token).call('POST', READ_KEY)).status;

/** The pod and how often its container was started: both stay when nothing is restarted. */
async function podIdentity(): Promise<unknown[]> {
  const { metadata, status } = await ground().podOf('orders');
  return [metadata.uid, status.containerStatuses[0].restartCount];
}

beforeAll(async () => {
  await ground().applyDumbkv('orders');
  await ground().untilReady('orders');
  await (await ground().instance('orders')).put('guarded', 'by a token');
});

describe('the Secret that the operator made', () => {
  it('counts anew when it is changed, without a restart', async () => {
    const orders = await ground().instance('orders');
    const oldToken = await ground().secretText('orders-token', 'token');
    const before = await podIdentity();
    const newToken = 'changed-by-hand-0123456789abcdef';
    const took = stopwatch();
    await ground().change(SECRET, 'orders-token', { stringData: { token: `${newToken}\n` } });
    const awaited = 'the new token is accepted';
    await eventually(
      awaited,
      async () => (await statusOf(orders, newToken)) === 200,
      LONG_PATIENCE_MS,
    );
    took('from the Secret changed to the new token accepted');
    expect(await statusOf(orders, oldToken)).toBe(401);
    expect(await podIdentity()).toEqual(before);
    expect(await ground().secretText('orders-token', 'token')).toBe(`${newToken}\n`);
  });
});

describe('a Secret of the user', () => {
  const writer = 'team-writer-0123456789abcdef';
  const reader = 'team-reader-0123456789abcdef';
  const stringData = { token: `# ours\n${writer}\n${reader} read-only\n` };

  it('stalls the instance while it is missing or carries no label', async () => {
    const auth = { type: 'Token', tokenSecretRef: { name: OWN_SECRET } };
    await ground().change(DUMBKV, 'orders', { spec: { auth } });
    const missing = await ground().untilShows('orders', 'TokenSecretMissing', 'Stalled');
    expect(missing.message).toContain(`Secret "${OWN_SECRET}"`);
    await ground().make(SECRET, { metadata: { name: OWN_SECRET }, stringData });
    const unlabelled = await ground().untilShows('orders', 'TokenSecretInvalid', 'Stalled');
    expect(unlabelled.message).toContain('dumbkv.dev/instance: orders');
  });

  it('is used once it is labelled, with tokens that may only read', async () => {
    const labels = { 'dumbkv.dev/instance': 'orders' };
    const took = stopwatch();
    await ground().change(SECRET, OWN_SECRET, { metadata: { labels } });
    const dumbkv = await ground().untilReady('orders');
    took('from the Secret labelled to Ready');
    expect(dumbkv.status.credentialsSecret).toBe(OWN_SECRET);
    const orders = await ground().instance('orders');
    expect(await orders.withToken(writer).get('guarded')).toBe('by a token');
    expect(await orders.withToken(reader).get('guarded')).toBe('by a token');
    const refused = await orders.withToken(reader).call('PUT', { key: 'guarded', value: 'x' });
    expect(refused.status).toBe(403);
    await orders.withToken(writer).put('guarded', 'by our own token');
    expect(await statusOf(orders, 'changed-by-hand-0123456789abcdef')).toBe(401);
  });

  it('is not needed with auth None', async () => {
    const auth = { type: 'None', tokenSecretRef: null };
    await ground().change(DUMBKV, 'orders', { spec: { auth } });
    const dumbkv = await ground().untilReady('orders');
    expect(dumbkv.status.credentialsSecret).toBeUndefined();
    const orders = (await ground().instance('orders')).withToken();
    expect(await orders.get('guarded')).toBe('by our own token');
  });
});
