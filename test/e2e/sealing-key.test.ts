// The sealing key: without its Secret an instance is Stalled and no new key is made; with the
// Secret put back it heals, and the data can be read.
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { DUMBKV, POD, SECRET } from '../../operator/api/resources.ts';
import type { ApiObject } from '../support/control-plane-client.ts';
import { useGround } from './support/ground.ts';
import { stays } from './support/patience.ts';
import { stopwatch } from './support/report.ts';

const ground = useGround('sealing-key');
const WATCHED_MS = 25_000;
let saved: ApiObject;

/** The Secret as a user would keep a copy: what the API server adds is left out. */
function copyOf({ metadata, type, data }: ApiObject): ApiObject {
  const { name, labels, annotations } = metadata;
  return { metadata: { name, labels, annotations }, type, data };
}

beforeAll(async () => {
  await ground().applyDumbkv('orders');
  await ground().untilReady('orders');
  await (await ground().instance('orders')).put('sealed', 'with the first key');
  saved = copyOf(await ground().get(SECRET, 'orders-sealing'));
});

it('is missed when its Secret is removed, and no new key is made', async () => {
  await ground().remove(SECRET, 'orders-sealing');
  await ground().remove(POD, (await ground().podOf('orders')).metadata.name);
  const { status, message } = await ground().untilShows('orders', 'SealingKeyMissing');
  expect(status).toBe('False');
  expect(message).toContain('Put the Secret back from a copy');
  const stalled = await ground().untilShows('orders', 'SealingKeyMissing', 'Stalled');
  expect(stalled.status).toBe('True');

  await stays(async () => {
    expect(await ground().find(SECRET, 'orders-sealing')).toBeUndefined();
    expect((await ground().conditions('orders')).Ready?.reason).toBe('SealingKeyMissing');
  }, WATCHED_MS);
  const { status: table } = await ground().get(DUMBKV, 'orders');
  expect(table.readyReplicas).toBe(0);
});

it('heals when the Secret is put back, and the data is there', async () => {
  const took = stopwatch();
  await ground().make(SECRET, saved);
  await ground().untilReady('orders');
  took('from the Secret put back to Ready');
  expect((await ground().conditions('orders')).Stalled).toBeUndefined();
  expect(await (await ground().instance('orders')).get('sealed')).toBe('with the first key');
});

it('is recognized: another key in the Secret stalls the instance and harms nothing', async () => {
  const key = randomBytes(32).toString('base64');
  const data = { 'sealing-key': Buffer.from(`${key}\n`).toString('base64') };
  await ground().remove(SECRET, 'orders-sealing');
  await ground().make(SECRET, { ...saved, data });
  await ground().remove(POD, (await ground().podOf('orders')).metadata.name);
  await ground().untilShows('orders', 'SealingKeyMismatch', 'Stalled');

  await ground().change(SECRET, 'orders-sealing', { data: saved.data });
  await ground().untilReady('orders');
  expect(await (await ground().instance('orders')).get('sealed')).toBe('with the first key');
});
