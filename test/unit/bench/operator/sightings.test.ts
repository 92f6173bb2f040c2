// What a watcher notes of instances: the first time of each thing, and each later generation.
import { expect, test } from 'vitest';
import { CLAIM, DEPLOYMENT, DUMBKV, ENDPOINT_SLICE } from '../../../../operator/api/resources.ts';
import type { WatchEvent } from '../../../../operator/kube/client.ts';
import { follow, isTrue, Sightings } from '../../../bench/operator/sightings.ts';

const object = (generation: number, conditions: object[] = []) => ({
  metadata: { name: 'a', generation },
  status: { conditions },
});
const ready = (status: string, observedGeneration: number) => ({
  ...{ type: 'Ready', status, observedGeneration },
});

test('a condition counts for the generation that it was seen for', () => {
  expect(isTrue(object(2, [ready('True', 2)]), 'Ready')).toBe(true);
  expect(isTrue(object(2, [ready('True', 1)]), 'Ready')).toBe(false);
  expect(isTrue(object(2, [ready('False', 2)]), 'Ready')).toBe(false);
  expect(isTrue(object(2, [{ type: 'Available', status: 'True' }]), 'Available')).toBe(true);
  expect(isTrue({ metadata: { name: 'a' } }, 'Ready')).toBe(false);
});

test('an instance is noted when it is made and when it is Ready first', () => {
  const sightings = new Sightings();
  sightings.note(DUMBKV, object(1), 10);
  sightings.note(DUMBKV, object(1, [ready('True', 1)]), 20);
  sightings.note(DUMBKV, object(2, [ready('True', 1)]), 30);
  expect(sightings.of('a')).toEqual({ madeMs: 10, readyMs: 20, readyGeneration: 1 });
  sightings.note(DUMBKV, object(2, [ready('True', 2)]), 40);
  expect(sightings.of('a')).toEqual({ madeMs: 10, readyMs: 20, readyGeneration: 2 });
});

test('a Deployment is noted whenever its generation is another', () => {
  const sightings = new Sightings();
  sightings.note(DEPLOYMENT, object(1), 10);
  sightings.note(DEPLOYMENT, object(1, [{ type: 'Available', status: 'True' }]), 20);
  expect(sightings.of('a')).toEqual({
    ...{ deploymentMs: 10, deploymentGeneration: 1, deploymentChangedMs: 10, availableMs: 20 },
  });
  sightings.note(DEPLOYMENT, object(2), 30);
  expect(sightings.of('a')).toMatchObject({ deploymentMs: 10, deploymentChangedMs: 30 });
});

test('an endpoint is noted for its Service once one is ready', () => {
  const sightings = new Sightings();
  const labels = { 'kubernetes.io/service-name': 'a' };
  const slice = (ready: boolean) => ({
    ...{ metadata: { name: 'a-x7k2p', labels }, endpoints: [{ conditions: { ready } }] },
  });
  sightings.note(ENDPOINT_SLICE, slice(false), 10);
  sightings.note(ENDPOINT_SLICE, slice(true), 20);
  sightings.note(ENDPOINT_SLICE, slice(true), 30);
  expect(sightings.of('a')).toEqual({ endpointMs: 20 });
});

test('who follows a kind is shown what is there, and what comes and changes', async () => {
  const events: WatchEvent[] = [
    { type: 'ADDED', object: { metadata: { name: 'new' } } },
    { type: 'BOOKMARK', object: { metadata: { name: '' } } },
    { type: 'DELETED', object: { metadata: { name: 'old' } } },
    { type: 'MODIFIED', object: { metadata: { name: 'new' } } },
  ];
  const stopping = new AbortController();
  const shown: string[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const client = {
    list: async () => ({ items: [{ metadata: { name: 'old' } }], resourceVersion: '7' }),
    watch: async () =>
      (async function* watched() {
        yield* events;
        stopping.abort();
        resolve();
        throw stopping.signal.reason;
      })(),
  };
  const take = ({ metadata }: { metadata: { name: string } }) => void shown.push(metadata.name);
  await follow(client, { type: CLAIM, namespace: 'bench' }, take, stopping.signal);
  await ended;
  expect(shown).toEqual(['old', 'new', 'new']);
});
