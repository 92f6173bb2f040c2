// Timelines: the histories of commits that a store has gone through. A standby that takes the place
// of a primary begins another one, and may lack what the one before has shown. Pure.
// Next: `same-store.ts` asks about each new connection.

/** A history, as the one that met it first has noted it in the row of the store. */
export interface NotedTimeline {
  /** Names the Postgres and its timeline: see `timelineId`; empty where it tells nothing. */
  readonly id: string;
  /** Random: two standbys of one primary may both become the timeline of the same number. */
  readonly mark: string;
}

export interface Timeline extends NotedTimeline {
  /** The revision of the store where it was first met. */
  readonly since: number;
}

/** What the row of the store says. */
export interface FoundTimelines {
  readonly revision: number;
  /** Those that were noted, the one that writes last. */
  readonly timelines: readonly Timeline[];
}

/** What a connection leads to. */
export interface MetTimeline {
  readonly timeline: string;
  /** Commits wait there for a standby, and so they will have before. */
  readonly isSynchronous: boolean;
}

/** The highest revision that this process has shown, and where. */
export interface Seen {
  readonly timeline: NotedTimeline;
  readonly revision: number;
}

/**
 * `same`: go on. `next`: go on, once it is noted. `broken`: revisions that were shown may be given
 * again for other values, so that they must not count any more.
 */
export type Verdict = 'same' | 'next' | 'broken';

/** Those before are forgotten: who has seen nothing since counts as having seen what is lost. */
const NOTED_MAX = 16;

/** The name of a timeline; `number`: eight hex digits. */
export const timelineId = (system: string, number: string): string => `${system}/${number}`;

/** What to make of a timeline that is met; `seen` undefined: nothing was shown, but by others. */
export function verdictOn(
  found: FoundTimelines,
  met: MetTimeline,
  seen: Seen | undefined,
): Verdict {
  const isNoted = met.timeline === notedLast(found).id;
  // whoever saw more may be gone
  if (seen === undefined) return isNoted ? 'same' : 'broken';
  if (seen.revision > sharedRevision(found, seen.timeline.mark)) return 'broken';
  if (isNoted) return 'same';
  return mayBeNext(found, met) ? 'next' : 'broken';
}

/** Whether a timeline can be one that nothing was lost on the way to, as far as it tells itself. */
export const mayBeNext = (
  found: FoundTimelines,
  { timeline, isSynchronous }: MetTimeline,
): boolean => isSynchronous && isAhead(timeline, notedLast(found).id);

/** The timeline that writes, as far as it is noted. */
export const notedLast = ({ timelines }: Pick<FoundTimelines, 'timelines'>): NotedTimeline =>
  timelines.at(-1) ?? { id: '', mark: '' };

/** Up to where what was seen on a timeline is what lies there now; -1: nobody knows. */
function sharedRevision({ revision, timelines }: FoundTimelines, mark: string): number {
  const at = timelines.findLastIndex((one) => one.mark === mark);
  if (at === -1) return -1;
  return timelines[at + 1]?.since ?? revision;
}

/** Whether a timeline comes after another one of the same Postgres. */
export function isAhead(id: string, other: string): boolean {
  const [[system, number], [otherSystem, otherNumber]] = [id.split('/'), other.split('/')];
  return system === otherSystem && (number ?? '') > (otherNumber ?? '');
}

/** What is to be noted where the verdict is another one than `same`. */
export function notedTimelines(
  { revision, timelines }: FoundTimelines,
  next: NotedTimeline,
  verdict: 'next' | 'broken',
): readonly Timeline[] {
  // nobody who has seen what is before a break may go on
  const before = verdict === 'broken' ? [] : timelines;
  return [...before, { ...next, since: revision }].slice(-NOTED_MAX);
}

/** What this process has shown. */
export class Memory {
  #seen: Seen;

  constructor(timeline: NotedTimeline) {
    this.#seen = { timeline, revision: 0 };
  }

  get seen(): Seen {
    return this.#seen;
  }

  /** To be told of each revision that is shown. */
  saw(revision: number): void {
    if (revision > this.#seen.revision) this.#seen = { ...this.#seen, revision };
  }

  /** Goes on with a timeline on which all is that was seen. */
  follow(timeline: NotedTimeline): void {
    this.#seen = { ...this.#seen, timeline };
  }
}
