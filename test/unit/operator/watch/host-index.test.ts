// The index of hosts: it names the holder after any changes, says whom a change concerns, and is
// empty again at the end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DumbKV } from '../../../../crds/schema.ts';
import { DUMBKV } from '../../../../operator/api/resources.ts';
import { hostKeys } from '../../../../operator/builders/host-claims.ts';
import { byAge } from '../../../../operator/checks/host-conflict.ts';
import type { CacheChange } from '../../../../operator/watch/cache.ts';
import { HostIndex } from '../../../../operator/watch/host-index.ts';
import { dumbkv } from '../../../support/objects.ts';

const asking = (name: string, host?: string, second = 0): DumbKV =>
  dumbkv({
    metadata: { name, creationTimestamp: `2030-01-01T00:00:0${second}Z` },
    spec: host === undefined ? {} : { ingress: { host } },
  });
const change = (kind: CacheChange['kind'], object: DumbKV): CacheChange =>
  ({ type: DUMBKV, kind, object }) as unknown as CacheChange;

describe('a change', () => {
  it('concerns those who ask for the same host', () => {
    const index = new HostIndex();
    expect(index.take(change('added', asking('a', 'x')))).toEqual([]);
    expect(index.take(change('added', asking('b', 'x', 1)))).toEqual(['shop/a']);
    expect(index.take(change('added', asking('c', 'y', 2)))).toEqual([]);
    expect(index.take(change('changed', asking('b', 'x', 1)))).toEqual([]);
    expect(index.take(change('changed', asking('a', 'y')))).toEqual(['shop/b', 'shop/c']);
    expect(index.holder('ingress/x')?.name).toBe('b');
    expect(index.holder('ingress/y')?.name).toBe('a');
    expect(index.take(change('removed', asking('a', 'y')))).toEqual(['shop/c']);
    expect(index.holder('ingress/y')?.name).toBe('c');
  });

  it('leaves the index as the DumbKVs that are there say, whatever came before', () => {
    const host = fc.constantFrom(undefined, 'x', 'y', 'z');
    const name = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({ name, host, isGone: fc.boolean(), second: fc.nat({ max: 2 }) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const index = new HostIndex();
        const there = new Map<string, DumbKV>();
        for (const { isGone, ...one } of steps) {
          const object = asking(one.name, one.host, one.second);
          if (isGone) there.delete(one.name);
          else there.set(one.name, object);
          index.take(change(isGone ? 'removed' : 'changed', object));
        }
        for (const key of ['ingress/x', 'ingress/y', 'ingress/z']) {
          const claimants = [...there.values()].filter((one) => hostKeys(one).includes(key));
          const [first] = claimants.map(({ metadata }) => metadata).sort(byAge);
          expect(index.holder(key)?.name).toBe(first?.name);
        }
      }),
    );
  });
});
