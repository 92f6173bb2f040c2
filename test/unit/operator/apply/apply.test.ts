// One child at a time: created after a live 404, updated over the very object that was looked at,
// left alone when it is as desired, and never taken from somebody else.
import { describe, expect, it } from 'vitest';
import { CLAIM, INGRESS, SERVICE } from '../../../../operator/api/resources.ts';
import { applyChild, removeChild } from '../../../../operator/apply/apply.ts';
import { claim } from '../../../../operator/builders/claim.ts';
import { service } from '../../../../operator/builders/service.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { altered } from '../../../support/alteration.ts';
import { dumbkv, exposedIngress, STORE } from '../../../support/objects.ts';
import { type Setting, setting, TestCache } from './setting.ts';

const HASH = 'dumbkv.dev/applied-hash';
const desired = { type: SERVICE, object: service(dumbkv()) };
const foreign: KubeObject = { metadata: { name: 'orders', namespace: 'shop' }, spec: {} };

const liveService = ({ client }: Setting) => client.peek(SERVICE, 'shop', 'orders');
const hashOf = (object: KubeObject | undefined) => object?.metadata.annotations?.[HASH];
const applying = ({ context }: Setting, child = desired) => applyChild(dumbkv(), child, context);
const apply = async (made: Setting, child = desired) => (await applying(made, child)).result;

/** The service as it was applied once, in the API server and in the cache; nothing recorded yet. */
async function applied(): Promise<Setting> {
  const made = setting();
  await apply(made);
  made.client.actions.length = 0;
  return made;
}

/** Somebody changes the live Service, and the watch shows it. */
function edit({ client, cache }: Setting, alteration: object): void {
  client.amend(SERVICE, 'shop', 'orders', alteration);
  cache.put(SERVICE, client.peek(SERVICE, 'shop', 'orders') as KubeObject);
}

describe('a child that is not there', () => {
  it('is looked for live before it is created', async () => {
    const made = setting();
    expect(await apply(made)).toBe('created');
    expect(made.client.actions.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual([
      'get Service',
      'apply Service',
    ]);
  });

  it('is created without a uid or a version, as only a new object is', async () => {
    const made = setting();
    await apply(made);
    const sent = made.client.writes[0]?.sent as KubeObject;
    expect(sent.metadata).not.toHaveProperty('uid');
    expect(sent.metadata).not.toHaveProperty('resourceVersion');
  });

  it('carries the hash of what was applied, beside its other annotations', async () => {
    const made = setting();
    await apply(made, { type: CLAIM, object: claim(dumbkv(), STORE) });
    const live = made.client.peek(CLAIM, 'shop', 'orders-data');
    expect(hashOf(live)).toMatch(/^[0-9a-f]{32}$/);
    expect(live?.metadata.annotations).toMatchObject(
      claim(dumbkv(), STORE).metadata.annotations ?? {},
    );
  });

  it('goes into the cache as the API server answered it', async () => {
    const made = setting();
    await apply(made);
    expect(made.cache.observed).toEqual([liveService(made)]);
  });

  it("is somebody else's when only the live look finds it", async () => {
    const made = setting();
    made.client.put(SERVICE, foreign);
    await expect(apply(made)).rejects.toMatchObject({ problem: { reason: 'NameConflict' } });
    expect(made.client.writes).toEqual([]);
  });

  it('is ours though the cache does not know it yet, and is not written again', async () => {
    const made = setting();
    await apply(made);
    expect(
      await apply({
        ...setting(),
        client: made.client,
        context: { ...made.context, cache: new TestCache(made.client) },
      }),
    ).toBe('unchanged');
    expect(made.client.writes).toHaveLength(1);
  });
});

describe('a child that is as desired', () => {
  it('costs no call at all', async () => {
    const made = await applied();
    expect(await apply(made)).toBe('unchanged');
    expect(made.client.actions).toEqual([]);
  });

  it.each<[string, object]>([
    [
      'labels and annotations of others',
      { metadata: { labels: { team: 'a' }, annotations: { n: 'x' } } },
    ],
    [
      'fields that the API server fills in',
      { spec: { clusterIP: '10.0.0.1', sessionAffinity: 'None' } },
    ],
    ['a status', { status: { loadBalancer: {} } }],
  ])('is left alone with %s', async (_case, alteration) => {
    const made = await applied();
    edit(made, alteration);
    expect(await apply(made)).toBe('unchanged');
    expect(made.client.writes).toEqual([]);
  });
});

describe('a child that differs', () => {
  const drifts: [string, object][] = [
    ['a changed field', { spec: { type: 'NodePort' } }],
    ['a removed field', { spec: { selector: null } }],
    ['a removed label', { metadata: { labels: { 'dumbkv.dev/instance': null } } }],
    ['a removed hash', { metadata: { annotations: { [HASH]: null } } }],
    ['another hash', { metadata: { annotations: { [HASH]: 'of another release' } } }],
  ];

  it.each(drifts)('by %s is put back', async (_case, alteration) => {
    const made = await applied();
    const before = liveService(made);
    edit(made, alteration);
    expect(await apply(made)).toBe('updated');
    const { metadata, ...rest } = liveService(made) ?? foreign;
    expect(rest).toEqual({ ...before, metadata: undefined });
    expect(metadata.annotations).toEqual(before?.metadata.annotations);
  });

  it('is written over the very object that was looked at', async () => {
    const made = await applied();
    edit(made, { spec: { type: 'NodePort' } });
    const { uid, resourceVersion } = made.cache.get(SERVICE, 'shop', 'orders')?.metadata ?? {};
    await apply(made);
    expect(made.client.writes).toMatchObject([
      { verb: 'apply', sent: { metadata: { uid, resourceVersion } } },
    ]);
  });

  it('is not written when somebody changed it after it was looked at', async () => {
    const made = await applied();
    edit(made, { spec: { type: 'NodePort' } });
    made.client.amend(SERVICE, 'shop', 'orders', { metadata: { labels: { team: 'a' } } });
    await expect(apply(made)).rejects.toMatchObject({ statusCode: 409 });
  });

  it('is not written when it was deleted and made anew after it was looked at', async () => {
    const made = await applied();
    edit(made, { spec: { type: 'NodePort' } });
    made.client.put(SERVICE, foreign);
    await expect(apply(made)).rejects.toMatchObject({ statusCode: 409 });
    expect(liveService(made)?.spec).toEqual({});
  });

  it('keeps what others added when it is put back', async () => {
    const made = await applied();
    edit(made, { spec: { type: 'NodePort' }, metadata: { labels: { team: 'a' } } });
    await apply(made);
    expect(liveService(made)?.metadata.labels).toMatchObject({ team: 'a' });
  });

  it('loses a field that is desired no more, though it still contains all that is', async () => {
    const more = altered(desired.object, { metadata: { annotations: { 'example.com/old': 'x' } } });
    const made = setting();
    await apply(made, { type: SERVICE, object: more });
    expect(await apply(made)).toBe('updated');
    expect(liveService(made)?.metadata.annotations).not.toHaveProperty('example.com/old');
  });

  it('is quiet again after one write', async () => {
    const made = await applied();
    edit(made, { spec: { type: 'NodePort' } });
    await apply(made);
    expect(await apply(made)).toBe('unchanged');
    expect(made.client.writes).toHaveLength(1);
  });
});

describe('the child as it was left', () => {
  it.each<[string, () => Promise<Setting>]>([
    ['created', async () => setting()],
    ['unchanged', applied],
    [
      'updated',
      async () => {
        const made = await applied();
        edit(made, { spec: { type: 'NodePort' } });
        return made;
      },
    ],
  ])('is known when it was %s', async (result, make) => {
    const made = await make();
    expect(await applying(made)).toEqual({ result, live: liveService(made) });
  });
});

describe('a child that is not desired', () => {
  const remove = ({ context }: Setting) => removeChild(dumbkv(), INGRESS, 'orders', context);
  const withIngress = (alteration: object = {}): Setting => {
    const made = setting();
    made.client.put(INGRESS, exposedIngress(alteration));
    made.cache.put(INGRESS, made.client.peek(INGRESS, 'shop', 'orders') as KubeObject);
    return made;
  };

  it('is removed, if it is the one that was looked at', async () => {
    const made = withIngress();
    const { uid, resourceVersion } = made.client.peek(INGRESS, 'shop', 'orders')?.metadata ?? {};
    expect(await remove(made)).toBe(true);
    expect(made.client.writes).toMatchObject([{ verb: 'remove', sent: { uid, resourceVersion } }]);
    expect(made.cache.removed).toMatchObject([{ metadata: { uid } }]);
  });

  it('stays when somebody changed it after it was looked at', async () => {
    const made = withIngress();
    made.client.amend(INGRESS, 'shop', 'orders', { spec: { ingressClassName: 'x' } });
    await expect(remove(made)).rejects.toMatchObject({ statusCode: 409 });
  });

  it.each<[string, object]>([
    ["it is somebody else's", { metadata: { ownerReferences: null, labels: null } }],
    ['it is being deleted already', { metadata: { deletionTimestamp: 'now' } }],
  ])('stays when %s', async (_case, alteration) => {
    const made = withIngress(alteration);
    expect(await remove(made)).toBe(false);
    expect(made.client.writes).toEqual([]);
  });

  it('is looked for where it is not known, and may not be there', async () => {
    const made = setting();
    expect(await remove(made)).toBe(false);
    expect(made.client.actions.map(({ verb }) => verb)).toEqual(['get']);
    expect(made.cache.removed).toEqual([]);
  });
});
