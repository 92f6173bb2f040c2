// The writing of a status: only when it is news, over the very object that was looked at; what the
// operator does not state goes, but for the conditions that others keep in the same list.
import { describe, expect, it } from 'vitest';
import type { Condition, DumbKV, DumbKVStatus } from '../../../../crds/schema.ts';
import { DUMBKV } from '../../../../operator/api/resources.ts';
import type { KubeObject, ResourceType } from '../../../../operator/kube/resource.ts';
import { statusOf } from '../../../../operator/status/compute.ts';
import { writeStatus } from '../../../../operator/status/write.ts';
import { RecordingClient } from '../../../support/recording-client.ts';
import { facts, withStatus } from './facts.ts';

const theirs: Condition = {
  type: 'example.com/BackedUp',
  status: 'True',
  lastTransitionTime: '2029-01-01T00:00:00Z',
  reason: 'Fresh',
  message: 'Backed up this morning.',
};

const stalled: Condition = { ...theirs, type: 'Stalled' };
const retired: Condition = { ...theirs, type: 'Available' };
const foreign = (index: number): Condition => ({ ...theirs, type: `example.com/C${index}` });
const withConditions = (status: DumbKVStatus, ...more: Condition[]): DumbKVStatus => ({
  ...status,
  conditions: [...more, ...(status.conditions ?? [])],
});

/** A client that knows this DumbKV, and all that a write would tell the caches. */
function setup(object: DumbKV) {
  const client = new RecordingClient();
  client.put(DUMBKV, object as unknown as KubeObject);
  const live = client.peek(DUMBKV, 'shop', 'orders') as unknown as DumbKV;
  const observed: [ResourceType, KubeObject][] = [];
  const cache = {
    find: async () => undefined,
    observeRemoval: () => {},
    observeWrite: (type: ResourceType, written: KubeObject) => observed.push([type, written]),
  };
  const context = { client, cache, signal: new AbortController().signal };
  return {
    client,
    live,
    observed,
    write: (status = statusOf(facts())) => writeStatus(live, status, context),
  };
}

describe('a status that is news', () => {
  it('is written to the status alone, over the object that was looked at', async () => {
    const { client, live, write } = setup(facts().dumbkv);
    expect(await write()).toBe(true);
    const { uid, resourceVersion } = live.metadata;
    expect(client.writes).toMatchObject([
      {
        verb: 'mergePatch',
        kind: 'DumbKV',
        name: 'orders',
        subresource: 'status',
        sent: { metadata: { uid, resourceVersion } },
      },
    ]);
    expect(client.writes[0]?.sent).not.toHaveProperty('spec');
  });

  it('goes into the cache as the API server answered it', async () => {
    const { client, observed, write } = setup(facts().dumbkv);
    await write();
    expect(observed).toEqual([[DUMBKV, client.peek(DUMBKV, 'shop', 'orders')]]);
  });

  it('leaves the conditions of others where they are', async () => {
    const { client, write } = setup({ ...facts().dumbkv, status: { conditions: [theirs] } });
    await write();
    const { status } = client.peek(DUMBKV, 'shop', 'orders') as unknown as DumbKV;
    expect(status?.conditions).toContainEqual(theirs);
    expect(status?.conditions?.map(({ type }) => type)).toContain('Ready');
  });

  it.each<[string, (status: DumbKVStatus) => DumbKVStatus]>([
    ['a condition of ours that is not stated', (status) => withConditions(status, stalled)],
    ['a condition of an older version', (status) => withConditions(status, retired)],
    ['a field that is not stated', (status) => ({ ...status, externalURL: 'http://x.example' })],
    [
      'more conditions than the schema allows',
      (status) => withConditions(status, ...Array.from({ length: 16 }, (_, n) => foreign(n))),
    ],
  ])('takes away %s, once', async (_case, change) => {
    const known = withStatus(facts());
    const { client, write } = setup({ ...known, status: change(known.status ?? {}) });
    expect(await write()).toBe(true);
    const after = client.peek(DUMBKV, 'shop', 'orders') as unknown as DumbKV;
    const types = after.status?.conditions?.map(({ type }) => type) ?? [];
    expect(types.slice(0, 3)).toEqual(['Ready', 'StorageReady', 'Reachable']);
    expect(types).not.toContain('Stalled');
    expect(types).not.toContain('Available');
    expect(types.length).toBeLessThanOrEqual(16);
    expect(after.status).not.toHaveProperty('externalURL');
    expect(await setup(after).write()).toBe(false);
  });

  it('is not written over an object that somebody else changed meanwhile', async () => {
    const { client, write } = setup(facts().dumbkv);
    client.amend(DUMBKV, 'shop', 'orders', { metadata: { labels: { team: 'shop' } } });
    await expect(write()).rejects.toMatchObject({ statusCode: 409 });
  });
});

describe('a status that is no news', () => {
  it('is not written', async () => {
    const { client, observed, write } = setup(withStatus(facts()));
    expect(await write()).toBe(false);
    expect(client.actions).toEqual([]);
    expect(observed).toEqual([]);
  });

  it('is not written because of conditions of others', async () => {
    const known = withStatus(facts());
    const conditions = [theirs, ...(known.status?.conditions ?? [])];
    const { write } = setup({ ...known, status: { ...known.status, conditions } });
    expect(await write()).toBe(false);
  });
});
