// What reconcile reads before it decides: the caches for what is watched, a live GET for each named
// Secret, and of a Secret only what must be known.
import { describe, expect, it } from 'vitest';
import { CLAIM, INGRESS, POD, SECRET, STORAGE_CLASS } from '../../../../operator/api/resources.ts';
import {
  childrenOf,
  isStorageClassMissing,
  type ObserveContext,
  readDataSet,
  readTokenSecret,
} from '../../../../operator/reconcile/observe.ts';
import { sealingKeyFileText, sealingKeyFingerprint } from '../../../../server/sealing/key-file.ts';
import {
  base64,
  boundClaim,
  dumbkv,
  endpointSlice,
  exposedIngress,
  OTHER_SEALING_KEY,
  ownTokenSecret,
  readyPod,
  SEALING_KEY,
  STORE,
  sealingSecretAsRead,
  userTokenSecret,
} from '../../../support/objects.ts';
import { RecordingClient, refusal } from '../../../support/recording-client.ts';
import { foundIn, World } from './world.ts';

function observing(): { client: RecordingClient; context: ObserveContext } {
  const client = new RecordingClient();
  const signal = new AbortController().signal;
  return { client, context: { client, cache: foundIn(client), signal } };
}

const owner = (change: object) => ({
  ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders-5d9c', uid: 'uid-replicas' },
  ...{ controller: true, ...change },
});

describe('the watched children', () => {
  it('are none of a new DumbKV', () => {
    const { client } = observing();
    const none = { claim: undefined, deployment: undefined, ingress: undefined };
    expect(childrenOf(dumbkv(), foundIn(client))).toEqual({
      ...none,
      httpRoute: undefined,
      autoscaler: undefined,
      postgres: undefined,
      postgresPods: [],
      cluster: undefined,
      servesClusters: true,
      pods: [],
      endpointSlices: [],
    });
  });

  it('are found by name, and pods and slices by their label', async () => {
    const { client } = await new World().settle();
    client.put(INGRESS, exposedIngress());
    const { claim, deployment, ingress, pods, endpointSlices } = childrenOf(
      dumbkv(),
      foundIn(client),
    );
    expect([claim, deployment, ingress].map((object) => object?.metadata.name)).toEqual([
      'orders-data',
      'orders',
      'orders',
    ]);
    expect(pods.map(({ metadata }) => metadata.name)).toEqual([readyPod().metadata.name]);
    expect(endpointSlices.map(({ metadata }) => metadata.name)).toEqual([
      endpointSlice().metadata.name,
    ]);
  });

  it.each<[string, object]>([
    ['a pod that nobody owns', { ownerReferences: null }],
    ['a pod whose owner does not control it', { ownerReferences: [owner({ controller: false })] }],
    ["a pod of somebody's ReplicaSet", { ownerReferences: [owner({ name: 'carts-5d9c' })] }],
    ['a pod of something else', { ownerReferences: [owner({ kind: 'Job' })] }],
    ['a pod of another template', { labels: { 'pod-template-hash': '77aa' } }],
    ['a pod without a template', { labels: { 'pod-template-hash': null } }],
  ])('leave out %s, whatever labels it has', async (_case, metadata) => {
    const { client } = await new World().settle();
    client.put(POD, readyPod({ metadata: { name: 'stranger', ...metadata } }));
    const { pods } = childrenOf(dumbkv(), foundIn(client));
    expect(pods.map(({ metadata: { name } }) => name)).toEqual([readyPod().metadata.name]);
  });

  it('cost no call', async () => {
    const { client } = await new World().settle();
    childrenOf(dumbkv(), foundIn(client));
    expect(client.actions).toEqual([]);
  });
});

describe('the data set', () => {
  it('is not there until a live look has found neither part', async () => {
    const { client, context } = observing();
    const nothing = { claim: undefined, sealingSecret: undefined };
    expect(await readDataSet(dumbkv(), context)).toEqual(nothing);
    expect(client.actions.map(({ verb, name }) => `${verb} ${name}`)).toEqual([
      'get orders-data',
      'get orders-sealing',
    ]);
  });

  it('takes the claim from the cache where it is known', async () => {
    const { client, context } = observing();
    client.put(CLAIM, boundClaim());
    expect((await readDataSet(dumbkv(), context)).claim?.metadata.name).toBe('orders-data');
    expect(client.actions.map(({ kind }) => kind)).toEqual(['Secret']);
  });

  it.each<[string, object]>([
    ['that the watch does not see', { labels: { 'app.kubernetes.io/managed-by': null } }],
    ['that lost its labels', { labels: null }],
    ['without any mark', { labels: null, annotations: null }],
  ])('holds a claim %s: it may hold data', async (_case, metadata) => {
    const { client, context } = observing();
    client.put(CLAIM, boundClaim({ metadata }));
    expect((await readDataSet(dumbkv(), context)).claim?.metadata.name).toBe('orders-data');
  });

  it('tells of the sealing Secret its metadata, fingerprints and mark, and no key', async () => {
    const { client, context } = observing();
    const both = sealingKeyFileText(OTHER_SEALING_KEY) + sealingKeyFileText(SEALING_KEY);
    client.put(SECRET, sealingSecretAsRead({ data: { 'sealing-key': base64(both) } }));
    const { sealingSecret } = await readDataSet(dumbkv(), context);
    const told = ['metadata', 'fingerprints', 'isStoreMade'];
    expect(Object.keys(sealingSecret ?? {})).toEqual(told);
    const [active, second] = sealingSecret?.fingerprints ?? [];
    expect([active, second]).toEqual([sealingKeyFingerprint(OTHER_SEALING_KEY), STORE.fingerprint]);
  });

  it.each<[string, object]>([
    ['without the field', { data: { 'sealing-key': null } }],
    ['without anything', { data: null }],
    ['with something else in it', { data: { 'sealing-key': base64('no key') } }],
    ['with an empty field', { data: { 'sealing-key': '' } }],
  ])('knows no key of a Secret %s', async (_case, alteration) => {
    const { client, context } = observing();
    client.put(SECRET, sealingSecretAsRead(alteration));
    expect((await readDataSet(dumbkv(), context)).sealingSecret?.fingerprints).toEqual([]);
  });
});

describe('the Secret with the tokens', () => {
  const read = (client: RecordingClient, spec: object = {}) => {
    const context = { client, cache: foundIn(client), signal: new AbortController().signal };
    return readTokenSecret(dumbkv({ spec }), context);
  };

  it('is not looked for where the instance is open', async () => {
    const { client } = observing();
    expect(await read(client, { auth: { type: 'None' } })).toBeUndefined();
    expect(client.actions).toEqual([]);
  });

  it.each([
    ['our own', {}, 'orders-token'],
    ["the user's", { auth: { tokenSecretRef: { name: 'my-tokens' } } }, 'my-tokens'],
  ])('is %s by the spec', async (_case, spec, name) => {
    const { client } = observing();
    client.put(SECRET, ownTokenSecret());
    client.put(SECRET, userTokenSecret());
    expect((await read(client, spec))?.metadata.name).toBe(name);
  });

  it('may not be there', async () => {
    expect(await read(observing().client)).toBeUndefined();
  });

  it.each<[string, string, boolean]>([
    ['one token', 'abc', true],
    ['one token with its access', 'abc read-only\n', true],
    ['a token below a comment', '# mine\n\nabc\n', true],
    ['nothing', '', false],
    ['blank lines', ' \n\t\n', false],
    ['comments', '# abc\n  # indented\n', false],
  ])('with %s has a token: %#', async (_case, text, hasToken) => {
    const { client } = observing();
    client.put(SECRET, ownTokenSecret({}, text));
    expect(await read(client)).toEqual({ metadata: expect.anything(), hasToken });
  });
});

describe('the storage class of a claim', () => {
  const pending = (className?: string) =>
    boundClaim({
      spec: { storageClassName: className, volumeName: undefined },
      status: { phase: 'Pending' },
    });
  const asked = async (claim = pending('fast'), prepare = (_client: RecordingClient) => {}) => {
    const { client, context } = observing();
    prepare(client);
    return { missing: await isStorageClassMissing(claim, context), client };
  };

  it('is missing when there is none of its name', async () => {
    expect((await asked()).missing).toBe(true);
  });

  it('is not missing when it is there', async () => {
    const { missing } = await asked(pending('fast'), (client) =>
      client.put(STORAGE_CLASS, { metadata: { name: 'fast' } }),
    );
    expect(missing).toBe(false);
  });

  it.each([
    ['bound', boundClaim({ spec: { storageClassName: 'fast' } })],
    ['lost', boundClaim({ spec: { storageClassName: 'fast' }, status: { phase: 'Lost' } })],
    [
      'for a certain volume',
      boundClaim({
        spec: { storageClassName: 'manual', volumeName: 'disk-1' },
        status: { phase: 'Pending' },
      }),
    ],
    ['without a class', pending()],
    ['with the empty class', pending('')],
    ['not there', undefined],
  ])('is not asked for when the claim is %s', async (_case, claim) => {
    const { client, context } = observing();
    expect(await isStorageClassMissing(claim, context)).toBe(false);
    expect(client.actions).toEqual([]);
  });

  it('is taken to be there where the operator may not look', async () => {
    const { missing } = await asked(pending('fast'), (client) =>
      client.refuse(
        'get',
        'StorageClass',
        refusal('GET', '/storageclasses/fast', 403, 'Forbidden'),
      ),
    );
    expect(missing).toBe(false);
  });

  it('is no word when the API server fails', async () => {
    const error = refusal('GET', '/storageclasses/fast', 500, 'InternalError');
    const failing = asked(pending('fast'), (client) => client.refuse('get', 'StorageClass', error));
    await expect(failing).rejects.toBe(error);
  });
});
