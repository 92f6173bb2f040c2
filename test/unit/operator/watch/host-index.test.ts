// The index of hosts: it names the holder after any changes, says whom a change concerns, and is
// empty again at the end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DumbKV } from '../../../../crds/schema.ts';
import { DUMBKV } from '../../../../operator/api/resources.ts';
import { hostKeys } from '../../../../operator/builders/host-claims.ts';
import { byRight } from '../../../../operator/checks/host-conflict.ts';
import type { CacheChange } from '../../../../operator/watch/cache.ts';
import { HostIndex } from '../../../../operator/watch/host-index.ts';
import { dumbkv } from '../../../support/objects.ts';

const at = (second: number) => `2030-01-01T00:00:0${second}Z`;
const asking = (name: string, host?: string, second = 0, since?: number): DumbKV =>
  dumbkv({
    metadata: { name, creationTimestamp: at(second) },
    spec: host === undefined ? {} : { ingress: { host } },
    ...(since !== undefined && { status: { hosts: { [`ingress/${host}`]: at(since) } } }),
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

  it('leaves a host with who has it, whoever asks then', () => {
    const index = new HostIndex();
    index.take(change('added', asking('young', 'x', 5, 6)));
    expect(index.take(change('changed', asking('old', 'x', 1)))).toEqual(['shop/young']);
    expect(index.holder('ingress/x')?.name).toBe('young');
    expect(index.take(change('changed', asking('young', 'y', 5, 7)))).toEqual(['shop/old']);
    expect(index.holder('ingress/x')?.name).toBe('old');
  });

  it('concerns who has taken what another had, whichever of both is seen last', () => {
    const [early, late] = [asking('young', 'x', 5, 6), asking('old', 'x', 1, 7)];
    for (const order of [
      [early, late],
      [late, early],
    ]) {
      const index = new HostIndex();
      const concerned = order.flatMap((object) => index.take(change('changed', object)));
      expect(index.holder('ingress/x')?.name).toBe('young');
      expect(concerned).toContain('shop/old');
    }
  });

  it('leaves the index as the DumbKVs that are there say, whatever came before', () => {
    const host = fc.constantFrom(undefined, 'x', 'y', 'z');
    const name = fc.constantFrom('a', 'b', 'c');
    const second = fc.nat({ max: 2 });
    const since = fc.option(second, { nil: undefined });
    const step = fc.record({ name, host, isGone: fc.boolean(), second, since });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const index = new HostIndex();
        const there = new Map<string, DumbKV>();
        for (const { isGone, ...one } of steps) {
          const object = asking(one.name, one.host, one.second, one.since);
          if (isGone) there.delete(one.name);
          else there.set(one.name, object);
          index.take(change(isGone ? 'removed' : 'changed', object));
        }
        for (const key of ['ingress/x', 'ingress/y', 'ingress/z']) {
          const claimants = [...there.values()].filter((one) => hostKeys(one).includes(key));
          const [first] = claimants
            .map(({ metadata, status }) => ({ ...metadata, since: status?.hosts?.[key] }))
            .sort(byRight);
          expect(index.holder(key)?.name).toBe(first?.name);
        }
      }),
    );
  });
});
