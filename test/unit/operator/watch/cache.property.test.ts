// Whatever the order of the watch's events and of the answers to our own writes: once the watch has
// shown everything, the cache holds exactly what the watch selects of what the server holds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/client.ts';
import { ObjectCache } from '../../../../operator/watch/cache.ts';
import { altered } from '../../../support/alteration.ts';
import { CONFIG_MAP, configMap } from './scripted-client.ts';

/** What happens at the server: a write of ours or of another, or a deletion. */
interface Happening {
  name: string;
  kind: 'ours' | 'theirs' | 'delete';
  /** Whether the write leaves the object without the label that the watch selects by. */
  isHidden: boolean;
  /** How many happenings later the watch shows it, and our own answer arrives. */
  watchLag: number;
  answerLag: number;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  kind: fc.constantFrom('ours' as const, 'theirs' as const, 'delete' as const),
  isHidden: fc.boolean(),
  watchLag: fc.nat(6),
  answerLag: fc.nat(6),
});

/** One thing that reaches the cache: at what time, and what it does. */
interface Arrival {
  at: number;
  deliver: (cache: ObjectCache) => void;
}

const isShown = ({ metadata }: KubeObject): boolean => metadata.labels?.hidden === undefined;

/** What a watch by label says of a change: one that leaves the selection is deleted to it. */
function eventFor(before: KubeObject | undefined, after: KubeObject | undefined) {
  const [was, is] = [before, after].map((object) => object !== undefined && isShown(object));
  if (!is) return was ? ('DELETED' as const) : undefined;
  return was ? ('MODIFIED' as const) : ('ADDED' as const);
}

/** The server's state as it goes, and everything that will reach the cache, with its time. */
function history(happenings: Happening[]) {
  const server = new Map<string, KubeObject>();
  const arrivals: Arrival[] = [];
  let shownUntil = 0;
  for (const [index, { name, kind, isHidden, watchLag, answerLag }] of happenings.entries()) {
    const version = String(index + 8);
    const before = server.get(name);
    if (kind === 'delete' && !before) continue;
    const uid = before?.metadata.uid ?? `uid-${version}`;
    const labels = isHidden ? { hidden: 'yes' } : {};
    const object = altered(configMap(name, version, uid), { metadata: { labels } });
    // a watch shows things in their order, however late
    shownUntil = Math.max(shownUntil, index + watchLag);
    const event = eventFor(before, kind === 'delete' ? undefined : object);
    if (kind === 'delete') server.delete(name);
    else server.set(name, object);
    if (event) arrivals.push({ at: shownUntil, deliver: (cache) => cache.change(event, object) });
    if (kind === 'ours') {
      const at = index + answerLag;
      arrivals.push({ at, deliver: (cache) => cache.observeWrite(structuredClone(object)) });
    }
  }
  return { server, arrivals: arrivals.sort((one, other) => one.at - other.at) };
}

const shown = (objects: Iterable<KubeObject>) =>
  [...objects].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();

describe('any history', () => {
  it('ends with the cache equal to what the server shows', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const { server, arrivals } = history(happenings);
        const cache = new ObjectCache({ type: CONFIG_MAP, isShown });
        cache.replace([], '7');
        for (const { deliver } of arrivals) deliver(cache);
        expect(shown(cache.list())).toEqual(shown([...server.values()].filter(isShown)));
      }),
      { numRuns: 1000 },
    );
  });

  it('never takes a listener back in time', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const cache = new ObjectCache({ type: CONFIG_MAP, isShown });
        const last = new Map<string, number>();
        const back: string[] = [];
        cache.replace([], '7');
        cache.subscribe(({ kind, object }) => {
          if (kind === 'removed') return;
          const version = Number(object.metadata.resourceVersion);
          const before = last.get(object.metadata.name) ?? 0;
          if (version <= before) back.push(`${object.metadata.name}: ${version} after ${before}`);
          last.set(object.metadata.name, version);
        });
        for (const { deliver } of history(happenings).arrivals) deliver(cache);
        expect(back).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
