// Whether a live object still says all that is desired: what others add does not count, what they
// take away or change does, and neither does how the API server spells an amount.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, firstDifference } from '../../../../operator/apply/contains.ts';
import { claim } from '../../../../operator/builders/claim.ts';
import { altered } from '../../../support/alteration.ts';
import { desiredChildren } from '../../../support/children.ts';
import {
  boundClaim,
  dumbkv,
  exposedDumbkv,
  readyDeployment,
  SERVER_IMAGE,
  STORE,
} from '../../../support/objects.ts';

const children = desiredChildren(exposedDumbkv(), STORE, SERVER_IMAGE).map(({ object }) => object);
const deployment = desiredChildren(dumbkv(), STORE, SERVER_IMAGE).at(-1)?.object;

interface Container {
  name: string;
  [field: string]: unknown;
}

/** The Deployment after somebody has changed the list of its containers. */
function withContainers(change: (containers: Container[]) => unknown[]): unknown {
  const live = structuredClone(deployment) as unknown as {
    spec: { template: { spec: { containers: unknown[] } } };
  };
  const { spec } = live.spec.template;
  spec.containers = change(spec.containers as Container[]);
  return live;
}

const withServer = (alteration: object): unknown =>
  withContainers(([server]) => [altered(server, alteration)]);

describe('a live object says all that is desired', () => {
  it.each(children)('when it is just that ($kind)', (object) => {
    expect(contains(structuredClone(object), object)).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['and has a status and what the API server adds', readyDeployment(), deployment],
    ['and is bound to a volume', boundClaim(), claim(dumbkv(), STORE)],
    ['and has labels of others', { a: '1', b: '2' }, { a: '1' }],
    ['where nothing is desired', { a: 1 }, {}],
    [
      'where what names other elements is no word',
      { a: [{ path: { b: 1, c: 2 } }] },
      { a: [{ path: { b: 1 } }] },
    ],
    ['where a desired field is undefined', {}, { a: undefined }],
    ['where an empty list is desired', { a: [1] }, { a: [] }],
    ['with a plain list of more', { a: ['x', 'y'] }, { a: ['x'] }],
  ])('%s', (_case, live, desired) => {
    expect(contains(live, desired)).toBe(true);
  });

  it('with a sidecar before and one after the server', () => {
    const live = withContainers((containers) => [
      { name: 'mesh' },
      ...containers,
      { name: 'logs' },
    ]);
    expect(contains(live, deployment)).toBe(true);
  });

  it('with defaults filled in by the API server', () => {
    const live = withServer({
      terminationMessagePath: '/dev/termination-log',
      livenessProbe: { successThreshold: 1, httpGet: { scheme: 'HTTP' } },
    });
    expect(contains(live, deployment)).toBe(true);
  });

  it('with more variables and mounts, in another order', () => {
    const live = withContainers(([server]) => [
      {
        ...server,
        env: [{ name: 'PROXY', value: 'x' }, ...((server?.env ?? []) as unknown[]).toReversed()],
        volumeMounts: ((server?.volumeMounts ?? []) as unknown[]).toReversed(),
      },
    ]);
    expect(contains(live, deployment)).toBe(true);
  });
});

describe('amounts', () => {
  const amounts = (memory: unknown) => ({ resources: { limits: { memory } } });

  it.each([
    ['1Gi', '1024Mi'],
    ['1000m', '1'],
    ['700m', '0.7'],
    ['1Gi', '1073741824'],
  ])('%s and %s are the same amount', (live, desired) => {
    expect(contains(amounts(live), amounts(desired))).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['another amount', amounts('2Gi'), amounts('1Gi')],
    ['an amount that is gone', amounts(undefined), amounts('1Gi')],
    ['an amount that became a number', amounts(1), amounts('1')],
    ['all amounts gone', { resources: {} }, amounts('1Gi')],
    ['amounts that became a word', { resources: { limits: 'all' } }, amounts('1Gi')],
  ])('%s is seen', (_case, live, desired) => {
    expect(contains(live, desired)).toBe(false);
  });

  it('count nowhere else: elsewhere text is text', () => {
    expect(
      contains({ env: [{ name: 'A', value: '1k' }] }, { env: [{ name: 'A', value: '1000' }] }),
    ).toBe(false);
    expect(contains({ requests: '1k' }, { requests: '1000' })).toBe(false);
  });
});

describe('a live object lacks something', () => {
  it.each<[string, unknown, unknown]>([
    ['when a value was changed', { a: 1 }, { a: 2 }],
    ['when a field was removed', { b: 1 }, { a: 1 }],
    ['when a map was replaced by a value', { a: 'x' }, { a: { b: 1 } }],
    ['when a map was replaced by null', { a: null }, { a: { b: 1 } }],
    ['when a list was replaced by a map', { a: { 0: 'x' } }, { a: ['x'] }],
    ['when a list is gone', {}, { a: ['x'] }],
    ['when a plain list was reordered', { a: ['y', 'x'] }, { a: ['x', 'y'] }],
    ['when a plain list is shorter', { a: ['x'] }, { a: ['x', 'y'] }],
    ['when a list of maps without names was changed', { a: [{ x: 1 }] }, { a: [{ x: 2 }] }],
    ['when an element was replaced by a value', { a: ['x'] }, { a: [{ name: 'x' }] }],
    ['when a number became its text', { a: '1' }, { a: 1 }],
  ])('%s', (_case, live, desired) => {
    expect(contains(live, desired)).toBe(false);
  });

  it.each<[string, object]>([
    ['its image', { image: 'evil' }],
    ['its read-only root', { securityContext: { readOnlyRootFilesystem: false } }],
    ['a probe', { livenessProbe: null }],
    ['its variables', { env: null }],
    ['its memory', { resources: { limits: { memory: '1Gi' } } }],
  ])('when the server lost or changed %s', (_case, alteration) => {
    expect(contains(withServer(alteration), deployment)).toBe(false);
  });

  it('when the server is gone, though a sidecar is there', () => {
    expect(
      contains(
        withContainers(() => [{ name: 'mesh' }]),
        deployment,
      ),
    ).toBe(false);
  });

  it('when only one of two elements of one name is there', () => {
    const [first, second] = [
      { name: 'a', port: 1 },
      { name: 'a', port: 2 },
    ];
    expect(contains([first], [first, second])).toBe(false);
    expect(contains([second, first], [first, second])).toBe(true);
  });

  it.each(['mountPath', 'uid', 'host', 'path', 'secretName'])(
    'when the element of a %s has changed, wherever it stands now',
    (key) => {
      const other = { [key]: 'other', value: 1 };
      expect(contains([other, { [key]: 'one', value: 1 }], [{ [key]: 'one', value: 1 }])).toBe(
        true,
      );
      expect(contains([other, { [key]: 'one', value: 2 }], [{ [key]: 'one', value: 1 }])).toBe(
        false,
      );
    },
  );
});

describe('for any JSON', () => {
  it('a value says all of itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(contains(structuredClone(value), value)).toBe(true);
      }),
    );
  });

  it('a map says all of itself with more fields, and not all with one field less', () => {
    const key = fc.string().filter((name) => name !== '__proto__' && name !== 'extra');
    const map = fc.dictionary(key, fc.integer(), { minKeys: 1 });
    fc.assert(
      fc.property(map, (desired) => {
        expect(contains({ ...desired, extra: 1 }, desired)).toBe(true);
        const [first = ''] = Object.keys(desired);
        const { [first]: _, ...rest } = desired;
        expect(contains(rest, desired)).toBe(false);
      }),
    );
  });
});

describe('where it differs', () => {
  it.each<[string | undefined, unknown, unknown]>([
    [undefined, { a: 1 }, { a: 1 }],
    ['a', {}, { a: 1 }],
    ['a.b', { a: { b: 2 } }, { a: { b: 1 } }],
    ['a.b', { a: { c: 1 } }, { a: { c: 1, b: 1 } }],
    ['a', { a: 'text' }, { a: { b: 1 } }],
    ['a', { a: {} }, { a: [] }],
    ['a[1]', { a: ['x', 'z'] }, { a: ['x', 'y'] }],
    ['a[server]', { a: [{ name: 'mesh' }] }, { a: [{ name: 'server' }] }],
    ['a[x].image', { a: [{ name: 'x', image: '1' }] }, { a: [{ name: 'x', image: '2' }] }],
    ['limits.cpu', { limits: { cpu: '2m' } }, { limits: { cpu: '1m' } }],
    ['limits.cpu', { limits: {} }, { limits: { cpu: '1m' } }],
    ['', 1, 2],
  ])('is told: %s', (path, live, desired) => {
    expect(firstDifference(live, desired)).toBe(path);
  });
});
