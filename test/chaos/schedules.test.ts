// That the proof of the schedules sees what is wrong: the API server in memory keeps its promises,
// each law is met where it is broken, and an end that is not as asked is told.
import { describe, expect, it } from 'vitest';
import { CLAIM, DUMBKV, INGRESS, SECRET, SERVICE } from '../../operator/api/resources.ts';
import { isAlreadyExists, isConflict, isInvalid } from '../../operator/kube/api-errors.ts';
import type { KubeObject } from '../../operator/kube/resource.ts';
import { dumbkv } from '../support/objects.ts';
import { Chance } from './chance.ts';
import { problemsIn } from './schedules/end.ts';
import { Laws } from './schedules/laws.ts';
import { type Author, ModelApi } from './schedules/model-api.ts';
import { ModelStream } from './schedules/model-stream.ts';
import { ModelWorld, turn } from './schedules/model-world.ts';
import { playSchedule } from './schedules/schedule.ts';
import { STRANGER_LABEL } from './schedules/users.ts';

const by: Author = 'others';
const at = (name: string) => ({ namespace: 'shop', name });
const service = (spec: object = {}): KubeObject => ({ metadata: at('orders'), spec });
const claimOf = (storage: string, marks: object = {}): KubeObject => ({
  metadata: { ...at('orders-data'), ...marks },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
});
const OWNER = {
  ...{ apiVersion: 'dumbkv.dev/v1alpha1', kind: 'DumbKV' },
  name: 'orders',
  uid: 'u',
};

describe('the API server in memory', () => {
  it('holds writers to the uid and the version that they name', () => {
    const api = new ModelApi();
    const { uid, resourceVersion } = api.create(SERVICE, service(), by).metadata;
    const apply = (marks: object) =>
      api.apply(SERVICE, { metadata: { ...at('orders'), ...marks }, spec: { a: resourceVersion } });
    expect(() => apply({ uid: 'another' })).toThrow(expect.toSatisfy(isConflict));
    apply({ uid, resourceVersion });
    expect(() => apply({ uid, resourceVersion })).toThrow(expect.toSatisfy(isConflict));
    const remove = () => api.remove(SERVICE, at('orders'), { by, preconditions: { uid: 'x' } });
    expect(remove).toThrow(expect.toSatisfy(isConflict));
    expect(() => api.create(SERVICE, service(), by)).toThrow(expect.toSatisfy(isAlreadyExists));
  });

  it('writes nothing where nothing changes, and counts generations by the spec', () => {
    const api = new ModelApi();
    api.create(SERVICE, service({ a: 1 }), by);
    const { revision } = api;
    api.patch(SERVICE, at('orders'), { spec: { a: 1 } }, { by });
    expect(api.revision).toBe(revision);
    const status = { status: { b: 1 } };
    api.patch(SERVICE, at('orders'), status, { by });
    expect(api.get(SERVICE, at('orders'))?.status).toBeUndefined();
    const told = api.patch(SERVICE, at('orders'), status, { by, subresource: 'status' });
    expect(told).toMatchObject({ status: { b: 1 }, metadata: { generation: 1 } });
    const changed = api.patch(SERVICE, at('orders'), { spec: { a: 2 } }, { by });
    expect(changed.metadata.generation).toBe(2);
  });

  it('takes away what an apply names no more, and leaves what others added', () => {
    const api = new ModelApi();
    api.apply(SERVICE, service({ ours: 1, old: 1 }));
    api.patch(SERVICE, at('orders'), { spec: { theirs: 1 } }, { by });
    expect(api.apply(SERVICE, service({ ours: 1 })).spec).toEqual({ ours: 1, theirs: 1 });
  });

  it('keeps a claim until its finalizer is gone, and lets it neither shrink nor change', () => {
    const api = new ModelApi();
    api.create(CLAIM, claimOf('2Gi'), by);
    const bound = { status: { phase: 'Bound' } };
    api.patch(CLAIM, at('orders-data'), bound, { by, subresource: 'status' });
    const ask = (spec: object) => () => api.patch(CLAIM, at('orders-data'), { spec }, { by });
    expect(ask({ resources: { requests: { storage: '1Gi' } } })).toThrow(
      expect.toSatisfy(isInvalid),
    );
    expect(ask({ accessModes: [] })).toThrow(expect.toSatisfy(isInvalid));
    ask({ resources: { requests: { storage: '3Gi' } } })();
    api.remove(CLAIM, at('orders-data'), { by });
    expect(api.get(CLAIM, at('orders-data'))?.metadata.deletionTimestamp).toBeDefined();
    api.patch(CLAIM, at('orders-data'), { metadata: { finalizers: null } }, { by });
    expect(api.get(CLAIM, at('orders-data'))).toBeUndefined();
  });

  it('shows a watch what comes into its selection and leaves it, in order', async () => {
    const api = new ModelApi();
    const stop = new AbortController();
    const watched = { type: SERVICE, labelSelector: 'a=b', from: api.revision };
    const stream = new ModelStream(api, watched, stop.signal);
    api.create(SERVICE, service(), by);
    const mark = (a: string | null) =>
      api.patch(SERVICE, at('orders'), { metadata: { labels: { a } } }, { by });
    mark('b');
    mark('c');
    expect(stream.isBehind()).toBe(true);
    stream.show();
    const shown: string[] = [];
    for await (const { type, object } of stream.events()) {
      shown.push(`${type} ${object.metadata.resourceVersion}`);
      if (type === 'BOOKMARK') stop.abort();
    }
    expect(shown).toEqual(['ADDED 102', 'DELETED 103', 'BOOKMARK 103']);
  });

  it('can list things as they were', () => {
    const api = new ModelApi();
    api.create(SERVICE, service({ a: 1 }), by);
    const { revision } = api;
    api.remove(SERVICE, at('orders'), { by });
    expect(api.list(SERVICE)).toEqual([]);
    expect(api.list(SERVICE, revision)).toMatchObject([{ spec: { a: 1 } }]);
  });
});

describe('a law', () => {
  /** A world in which something is there, and what then is broken. */
  function brokenBy(before: (api: ModelApi) => void, deed: (api: ModelApi) => void): string[] {
    const laws = new Laws();
    const api = new ModelApi((write) => laws.check(write));
    laws.watch(api);
    before(api);
    expect(laws.broken).toEqual([]);
    deed(api);
    return laws.broken.map((sentence) => sentence.split(':')[0] ?? '');
  }
  const secret = (marks: object = {}): KubeObject => ({
    metadata: { ...at('orders-sealing'), ...marks },
    stringData: { key: 'x' },
  });

  it('is broken by a write without preconditions', () => {
    const make = (api: ModelApi) => void api.apply(SERVICE, service());
    expect(brokenBy(make, make)).toEqual(['no write is blind']);
  });

  it("is broken by a write to what is a stranger's", () => {
    const labels = { [STRANGER_LABEL]: 'yes' };
    const make = (api: ModelApi) =>
      void api.create(INGRESS, { metadata: { ...at('orders'), labels } }, by);
    const take = (api: ModelApi) => {
      const { uid = '', resourceVersion = '' } = api.get(INGRESS, at('orders'))?.metadata ?? {};
      api.apply(INGRESS, { metadata: { ...at('orders'), uid, resourceVersion }, spec: { a: 1 } });
    };
    expect(brokenBy(make, take)).toEqual(["nothing of a stranger's is touched"]);
  });

  it('is broken by the deletion of what may hold data', () => {
    const make = (api: ModelApi) => void api.create(CLAIM, claimOf('1Gi'), by);
    const remove = (api: ModelApi) =>
      api.remove(CLAIM, at('orders-data'), { by: 'operator', preconditions: {} });
    expect(brokenBy(make, remove)).toContain('no such kind is deleted');
  });

  it('is broken by a key beside a claim, and by a key that changes', () => {
    const claim = (api: ModelApi) => void api.create(CLAIM, claimOf('1Gi'), by);
    const key = (api: ModelApi) => void api.create(SECRET, secret(), 'operator');
    expect(brokenBy(claim, key)).toEqual(['no key is made beside a claim']);
    const change = (api: ModelApi) => {
      const { uid, resourceVersion } = api.get(SECRET, at('orders-sealing'))?.metadata ?? {};
      const patch = { metadata: { uid, resourceVersion }, data: { 'sealing-key': 'another' } };
      api.patch(SECRET, at('orders-sealing'), patch, { by: 'operator' });
    };
    expect(brokenBy(key, change)).toEqual(['a key never changes']);
  });

  it('is broken by a key that goes where its data stays', () => {
    const both = (api: ModelApi) => {
      api.create(SECRET, secret(), by);
      api.create(CLAIM, claimOf('1Gi'), by);
    };
    const own = (api: ModelApi) => {
      const { uid, resourceVersion } = api.get(SECRET, at('orders-sealing'))?.metadata ?? {};
      const metadata = { uid, resourceVersion, ownerReferences: [OWNER] };
      api.patch(SECRET, at('orders-sealing'), { metadata }, { by: 'operator' });
    };
    expect(brokenBy(both, own)).toEqual(['no key goes where its data stays']);
  });

  it('is broken by the end of what the status said is retained', () => {
    const make = (api: ModelApi) => {
      const spec = { deletionPolicy: 'Retain' };
      const { uid = '' } = api.create(DUMBKV, { metadata: at('orders'), spec }, by).metadata;
      const annotations = { 'dumbkv.dev/owner-uid': uid };
      api.create(SECRET, secret({ annotations }), by);
      api.create(CLAIM, claimOf('1Gi', { annotations }), by);
      const status = { deletionPolicy: 'Retain' };
      api.patch(DUMBKV, at('orders'), { status }, { by, subresource: 'status' });
      api.remove(DUMBKV, at('orders'), { by });
    };
    const lose = (api: ModelApi) => api.remove(SECRET, at('orders-sealing'), { by });
    expect(brokenBy(make, lose)).toEqual(['what is retained stays']);
  });
});

describe('an end', () => {
  it('that is not as asked is told, child by child', async () => {
    const world = new ModelWorld(new Chance(1));
    world.client.calmDown();
    world.api.create(DUMBKV, { metadata: at('orders'), spec: dumbkv().spec }, by);
    for (let times = 0; times < 12; times += 1) {
      await turn();
      for (const stream of world.client.streams) stream.show();
      await turn();
      await world.act();
    }
    expect(await problemsIn(world)).toEqual([]);
    await world.operator.kill();
    world.api.remove(SERVICE, at('orders'), { by });
    expect(await problemsIn(world)).toEqual([
      expect.stringMatching(/^Service orders: there is no/),
    ]);
    world.api.remove(DUMBKV, at('orders'), { by });
    expect(await problemsIn(world)).toContain('Deployment orders is left');
  });
});

describe('a schedule', () => {
  it('is the same for the same seed', async () => {
    const [one, other] = [await playSchedule(7, 60), await playSchedule(7, 60)];
    const plain = ({ steps }: typeof one) =>
      steps.map((step) => step.replaceAll(/\.[0-9a-f]+/g, ''));
    expect(plain(one)).toEqual(plain(other));
    expect(one.problems).toEqual([]);
  });
});
