// The pods of an instance across releases: what its user did not ask for leaves them alone, what
// was asked for is carried out, and an update is taken by whoever asks for it.
import { describe, expect, it } from 'vitest';
import type { DumbKV, DumbKVSpec } from '../../../../crds/schema.ts';
import { deployment } from '../../../../operator/builders/deployment.ts';
import {
  imageOf,
  keptPods,
  type PodInputs,
  type PodWish,
  pinnedAnnotation,
  podsOf,
  podUpdate,
} from '../../../../operator/builders/pinned.ts';
import { serverPods } from '../../../../operator/builders/pod-template.ts';
import { postgresPods } from '../../../../operator/builders/postgres/stateful-set.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { dumbkv, SERVER_IMAGE, STORE } from '../../../support/objects.ts';
import { FULL_DUMBKV, FULL_SPECS } from '../../crds/full-dumbkv.ts';

const INPUTS: PodInputs = { image: undefined, memory: '1Gi' };
/** A release, and what it makes of pods. */
const release = (version: string, inputs: PodInputs = INPUTS): PodWish => ({
  inputs,
  releaseImage: `server:${version}`,
  render: (image, restart) => ({
    metadata: { annotations: { release: version, restart } },
    spec: { containers: [{ name: 'server', image, memory: inputs.memory }] },
  }),
});
const restarted = (value: string) => ({
  metadata: { annotations: { 'dumbkv.dev/restart': value } },
});
const automatic = dumbkv({ spec: { updatePolicy: 'Automatic' } });

/** The object as it stands after this wish was carried out beside what was there. */
const made = (wish: PodWish, live?: KubeObject, object: DumbKV = dumbkv()): KubeObject => ({
  metadata: { name: 'orders', annotations: pinnedAnnotation(podsOf(object, wish, live)) },
});
const first = made(release('1'));
const template = (live: KubeObject) => keptPods(live)?.template;
const described = (live: KubeObject) => {
  const { metadata } = template(live) as { metadata: { annotations: { release: string } } };
  return `${metadata.annotations.release} with ${imageOf(template(live) ?? {})}`;
};

describe('pods that are pinned', () => {
  it('are those of the release where there are none yet', () => {
    expect(described(first)).toBe('1 with server:1');
  });

  it('stay as they are under other releases', () => {
    const later = made(release('3'), made(release('2'), first));
    expect(later).toEqual(first);
  });

  it('follow what the user changes, with the image that they have', () => {
    const larger = made(release('2', { ...INPUTS, memory: '2Gi' }), first);
    expect(described(larger)).toBe('2 with server:1');
    expect(template(larger)).toMatchObject({ spec: { containers: [{ memory: '2Gi' }] } });
    expect(made(release('3', { ...INPUTS, memory: '2Gi' }), larger)).toEqual(larger);
  });

  it('take the image that the spec names, and without one that of the release', () => {
    const named = made(release('2', { ...INPUTS, image: 'server:mine' }), first);
    expect(described(named)).toBe('2 with server:mine');
    expect(described(made(release('3'), named))).toBe('3 with server:3');
  });

  it('take all of the release with a restart, once', () => {
    const again = made(release('2'), first, dumbkv(restarted('monday')));
    expect(described(again)).toBe('2 with server:2');
    expect(made(release('3'), again, dumbkv(restarted('monday')))).toEqual(again);
    const tuesday = made(release('3'), again, dumbkv(restarted('tuesday')));
    expect(described(tuesday)).toBe('3 with server:3');
  });

  it('are replaced by a restart of the same release', () => {
    const again = made(release('1'), first, dumbkv(restarted('monday')));
    expect(template(again)).not.toEqual(template(first));
  });

  it('stay when the annotation that asked for a restart is taken away', () => {
    const again = made(release('2'), first, dumbkv(restarted('monday')));
    expect(made(release('3'), again)).toEqual(again);
  });

  it('carry no long value into their template', () => {
    const again = made(release('1'), first, dumbkv(restarted('x'.repeat(200_000))));
    expect(JSON.stringify(again).length).toBeLessThan(1000);
  });

  it.each([
    ['is gone', undefined],
    ['is no JSON', '{'],
    ['is null', 'null'],
    ['has no template', '{"inputs":{}}'],
    ['has a template without an image', '{"inputs":{},"template":{"spec":{"containers":[{}]}}}'],
  ])('are made anew where what is kept %s', (_case, text) => {
    const annotations: Record<string, string> =
      text === undefined ? {} : { 'dumbkv.dev/pinned': text };
    const live = { metadata: { name: 'orders', annotations } };
    expect(described(made(release('2'), live))).toBe('2 with server:2');
  });
});

describe('pods that follow the release', () => {
  it('are those of each release, and stay once they are pinned again', () => {
    const second = made(release('2'), first, automatic);
    expect(described(second)).toBe('2 with server:2');
    expect(made(release('3'), second)).toEqual(second);
  });

  it('do not lose the mark of a restart', () => {
    const again = made(release('1'), first, dumbkv(restarted('monday')));
    expect(made(release('1'), again, automatic)).toEqual(again);
  });
});

describe('an update', () => {
  it('is none of the same release, of what is not kept, and of what is being changed', () => {
    expect(podUpdate(release('1'), first)).toBeUndefined();
    expect(podUpdate(release('1'), undefined)).toBeUndefined();
    expect(podUpdate(release('2', { ...INPUTS, memory: '2Gi' }), first)).toBeUndefined();
  });

  it('is another image, or another template', () => {
    const images = { image: 'server:1', newImage: 'server:2' };
    expect(podUpdate(release('2'), first)).toEqual(images);
    const sameImage = { ...release('2'), releaseImage: 'server:1' };
    expect(podUpdate(sameImage, first)).toEqual({ image: 'server:1', newImage: 'server:1' });
  });
});

/** The object without each of its leaves in turn, or with another value there. */
function alterations(value: unknown): unknown[] {
  if (typeof value === 'string') return [`${value}0`];
  if (typeof value === 'number') return [value + 1];
  if (typeof value === 'boolean') return [!value];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item) => alterations(item).map((altered) => [altered]));
  }
  return Object.entries(value).flatMap(([name, below]) => [
    ...alterations(below).map((altered) => ({ ...value, [name]: altered })),
  ]);
}

describe('what pods are made from', () => {
  const settings = { image: SERVER_IMAGE, storeId: STORE.storeId };
  const database = { image: 'postgres:17', credentialsUid: 'uid-1' };
  const wishes = (spec: DumbKVSpec) => {
    const object = { ...FULL_DUMBKV, spec };
    return [serverPods(object, settings), postgresPods(object, database)];
  };
  const rendered = ({ inputs, releaseImage, render }: PodWish) =>
    JSON.stringify(render(inputs.image ?? releaseImage, undefined));

  it.each(FULL_SPECS)('tells of each field that changes them (%#)', (spec) => {
    const before = wishes(spec);
    const changed = alterations(spec) as DumbKVSpec[];
    expect(changed.length).toBeGreaterThan(15);
    for (const other of changed) {
      for (const [index, after] of wishes(other).entries()) {
        const [now, then] = [after, before[index] as PodWish];
        const isOther = rendered(now) !== rendered(then);
        const isTold = JSON.stringify(now.inputs) !== JSON.stringify(then.inputs);
        if (isOther) expect(isTold, JSON.stringify(other)).toBe(true);
      }
    }
  });

  it('is written as it always was, or an upgrade of the operator replaces all pods', () => {
    const kept = deployment(dumbkv(), settings).metadata.annotations?.['dumbkv.dev/pinned'];
    expect(JSON.parse(kept ?? '').inputs).toEqual({
      storeId: STORE.storeId,
      tokens: 'orders-token',
    });
    const onPostgres = dumbkv({ spec: { engine: 'postgres' } });
    expect(JSON.parse(JSON.stringify(serverPods(onPostgres, settings).inputs))).toEqual({
      storeId: STORE.storeId,
      tokens: 'orders-token',
      database: { name: 'orders-postgres', key: 'url' },
    });
    expect(JSON.parse(JSON.stringify(postgresPods(onPostgres, database).inputs))).toEqual({
      credentialsUid: 'uid-1',
    });
  });
});
