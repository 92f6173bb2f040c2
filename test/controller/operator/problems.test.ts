// What a user can get wrong, and what a cluster can refuse: each ends in a condition that says what
// to do, heals when it is done, and neither crashes the operator nor keeps it busy.
import { describe, expect, it } from 'vitest';
import { CLAIM, DEPLOYMENT, DUMBKV, SECRET, SERVICE } from '../../../operator/api/resources.ts';
import { ClusterActors } from '../../support/cluster-actors.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, makeChildren, serve, useOperator } from './operator-suite.ts';

const suite = useOperator();

/** A Secret with tokens, as a user writes it. */
const tokens = (lines: string, labels = {}): ApiObject => ({
  metadata: { name: 'mine', labels },
  stringData: { token: lines },
});
const OURS = { 'dumbkv.dev/instance': 'orders' };

/** The last words of a server that ended, as the kubelet keeps them. */
const ended = (message: string, exitCode = 1): ApiObject => ({
  restartCount: 2,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s' } },
  lastState: { terminated: { exitCode, reason: 'Error', message } },
});
const lastWords = (code: string, msg: string): string =>
  `{"level":"info","msg":"starting"}\n${JSON.stringify({ level: 'fatal', code, msg })}\n`;

describe.concurrent('a token Secret of the user', () => {
  const auth = { type: 'Token', tokenSecretRef: { name: 'mine' } };

  it('is awaited, and taken when it is there with its label and a token', async () => {
    const place = await suite.place();
    await place.dumbkv('orders', { auth });
    const missing = await place.untilReason('orders', 'TokenSecretMissing', 'Stalled');
    expect(missing.message).toContain('Secret "mine", named by spec.auth.tokenSecretRef');
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    await place.make(SECRET, tokens('# none yet\n\n'));
    const unlabelled = await place.untilReason('orders', 'TokenSecretInvalid', 'Stalled');
    expect(unlabelled.message).toContain('dumbkv.dev/instance: orders');
    await place.change(SECRET, 'mine', { metadata: { labels: OURS } });
    const empty = await until('it is told that there is no token', async () => {
      const { Stalled } = await place.conditions('orders');
      return Stalled?.message.includes('holds no token') && Stalled;
    });
    expect(empty.reason).toBe('TokenSecretInvalid');
    await place.change(SECRET, 'mine', { stringData: { token: 'aaaa read-only\n' } });
    const { status } = await serve(place);
    expect(status.credentialsSecret).toBe('mine');
    expect(await place.find(SECRET, 'orders-token')).toBeUndefined();
    const { volumes } = (await place.get(DEPLOYMENT, 'orders')).spec.template.spec;
    const secrets = volumes.map(({ secret }: ApiObject) => secret?.secretName);
    expect(secrets).toContain('mine');
  });

  it('is not needed where there is no authentication', async () => {
    const place = await suite.place();
    await makeChildren(place, { auth: { type: 'None' } });
    const { status } = await serve(place);
    expect(status).not.toHaveProperty('credentialsSecret');
    expect(await place.find(SECRET, 'orders-token')).toBeUndefined();
    const [{ env }] = (await place.get(DEPLOYMENT, 'orders')).spec.template.spec.containers;
    expect(env.map(({ name }: ApiObject) => name)).not.toContain('TOKENS_FILE');
  });
});

describe.concurrent('an image', () => {
  it.each([
    'images.example/another:1',
    'images.example/dumbkv-server-evil:1',
    'elsewhere.example/images.example/dumbkv-server:1',
  ])('that is not allowed runs nowhere: %s', async (image) => {
    const place = await suite.place();
    await place.dumbkv('orders', { image });
    const stalled = await place.untilReason('orders', 'ImageNotAllowed', 'Stalled');
    expect(stalled.message).toContain(`"${image}" is not allowed`);
    expect(stalled.message).toContain('images.example/dumbkv-server');
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    await place.change(DUMBKV, 'orders', { spec: { image: null } });
    await serve(place);
  });

  it('that cannot be pulled is told, and a better one heals it', async () => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    const image = 'images.example/dumbkv-server:9';
    await makeChildren(place, { image });
    const message = `Back-off pulling image "${image}": ErrImagePull: not found`;
    await actors.startPodsIn('orders', {
      state: { waiting: { reason: 'ImagePullBackOff', message } },
    });
    const failed = await place.untilReason('orders', 'ImagePullFailed');
    expect(failed.message).toMatch(/:9" cannot be pulled: .*not found\. Correct spec.image/);
    expect((await place.conditions('orders')).Reconciling?.status).toBe('True');
    await place.change(DUMBKV, 'orders', { spec: { image: null } });
    await serve(place);
  });
});

describe.concurrent('a server that ends at its start', () => {
  it.each([
    ['DKV_STORE_MISMATCH', 'StoreMismatch', 'The store is another one.'],
    ['DKV_STORE_MISSING', 'StoreMissing', 'The store was made before.'],
    ['DKV_SEALING_KEY_UNKNOWN', 'SealingKeyMismatch', 'No key opens this store.'],
    ['DKV_CONFIG_INVALID', 'ServerRefusedStart', 'PORT must be a number.'],
  ])('with %s is Stalled/%s, and heals', async (code, reason, sentence) => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    await makeChildren(place);
    await actors.startPodsIn('orders', ended(lastWords(code, sentence)));
    const stalled = await place.untilReason('orders', reason, 'Stalled');
    expect(stalled.message).toContain(sentence.slice(0, -1));
    expect(stalled.message).toContain(code);
    await actors.setReady('orders', true);
    await serve(place);
  });

  it.each([
    ['another code', ended(lastWords('DKV_DISK_FULL', 'The disk is full.')), 'The disk is full'],
    ['no last words', ended('', 137), 'exit code 137'],
  ])('with %s is started again, and told', async (_what, status, words) => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    await makeChildren(place);
    await actors.startPodsIn('orders', status);
    const crashing = await place.untilReason('orders', 'ServerCrashing');
    expect(crashing.message).toContain(words);
    expect(await place.conditions('orders')).not.toHaveProperty('Stalled');
  });
});

describe.concurrent('storage', () => {
  it('of a class that does not exist is told, and goes on when the class is there', async () => {
    const place = await suite.place();
    const className = `late-${place.namespace}`;
    await makeChildren(place, { storage: { className } });
    const missing = await place.untilReason('orders', 'StorageClassNotFound');
    expect(missing.message).toContain(`StorageClass "${className}" does not exist`);
    expect((await place.conditions('orders')).StorageReady?.reason).toBe('StorageClassNotFound');
    await place.storageClass(className, true);
    await place.untilReason('orders', 'Deploying');
    await serve(place);
  });

  it('that cannot grow is told, until the size is set back to what the volume has', async () => {
    const place = await suite.place();
    const className = `rigid-${place.namespace}`;
    await place.storageClass(className, false);
    await bringUp(place, { storage: { size: '1Gi', className } });
    // many provisioners give more than was asked for
    const capacity = { storage: '2Gi' };
    await place.setStatus(CLAIM, 'orders-data', { phase: 'Bound', capacity });
    const askFor = (size: string) =>
      place.change(DUMBKV, 'orders', { spec: { storage: { size } } });
    await askFor('1500Mi');
    expect((await serve(place)).status.storage).toEqual({ capacity: '2Gi' });
    await askFor('3Gi');
    await place.untilReason('orders', 'ExpansionRefused', 'StorageReady');
    await expect(askFor('1500Mi')).rejects.toThrow('set storage.size to status.storage.capacity');
    await askFor('2Gi');
    await serve(place);
    expect(await place.conditions('orders')).not.toHaveProperty('Stalled');
    const { spec } = await place.get(CLAIM, 'orders-data');
    expect(spec.resources.requests.storage).toBe('1Gi');
  });

  it('that is lost is told', async () => {
    const place = await suite.place();
    await makeChildren(place);
    await serve(place);
    await place.setStatus(CLAIM, 'orders-data', { phase: 'Lost' });
    const lost = await place.untilReason('orders', 'VolumeLost');
    expect(lost.message).toContain('Bring the PersistentVolume back');
    expect((await place.conditions('orders')).StorageReady?.status).toBe('False');
  });
});

/** A quota that is exhausted from the beginning; no controller counts, so its status is given. */
async function exhaust(place: Place, resource: string): Promise<() => Promise<unknown>> {
  const path = `/api/v1/namespaces/${place.namespace}/resourcequotas`;
  const hard = { [resource]: '0' };
  const made = await place.call('POST', path, { metadata: { name: 'none' }, spec: { hard } });
  expect(made.status).toBe(201);
  const status = { hard, used: { [resource]: '0' } };
  await place.call('PATCH', `${path}/none/status`, { status });
  return () => place.call('DELETE', `${path}/none`);
}

describe.concurrent('a child that the API server refuses', () => {
  it.each([
    { resource: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim' },
    { resource: 'count/deployments.apps', kind: 'Deployment' },
    { resource: 'secrets', kind: 'Secret' },
  ])(
    'for a quota of $resource is told in its words, tried now and then, and made at last',
    async ({ resource, kind }) => {
      const place = await suite.place();
      const lift = await exhaust(place, resource);
      await place.dumbkv('orders');
      const rejected = await place.untilReason('orders', 'ChildRejected', 'Stalled');
      expect(rejected.message).toContain('exceeded quota: none');
      const { client } = suite.run();
      const begin = client.writes(place.namespace).length;
      const since = () => client.writes(place.namespace).slice(begin);
      await until('it was tried three times more', () => since().length >= 3);
      // nothing but the one child, since each time ends there
      expect(new Set(since().map((call) => `${call.kind}: ${call.answered}`))).toEqual(
        new Set([`${kind}: false`]),
      );
      expect(suite.run().log.join('')).not.toMatch(new RegExp(`"level":50.*${place.namespace}`));
      await lift();
      await serve(place);
    },
  );

  it('does not keep the others waiting', async () => {
    const [blocked, free] = [await suite.place(), await suite.place()];
    await exhaust(blocked, 'services');
    await blocked.dumbkv('orders');
    await blocked.untilReason('orders', 'ChildRejected');
    expect(await blocked.find(SERVICE, 'orders')).toBeUndefined();
    await makeChildren(free);
    await serve(free);
  });
});

describe('after all of this', () => {
  it('the operator has logged no error', () => {
    const errors = suite.run().log.filter((line) => JSON.parse(line).level >= 50);
    expect(errors).toEqual([]);
  });

  it('it has counted what no repetition mends, and no error', async () => {
    const count = (name: string) => suite.run().metric(`controller_runtime_${name}_total`);
    expect(await count('terminal_reconcile_errors')).toBeGreaterThan(10);
    expect(await count('reconcile_errors')).toBe(0);
  });
});
