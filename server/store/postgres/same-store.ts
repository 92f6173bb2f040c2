// Whether a connection leads to the store that this process serves: the same one, not raised beyond
// this release, and not behind what was shown of it. A store that may have lost commits becomes a
// new incarnation, with which only a new process goes on.
// Next: `timelines.ts` decides; `pool.ts` and `writer-session.ts` ask for each connection.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { StartError } from '../../errors.ts';
import type { Identity } from '../identity.ts';
import { StandbyError, TooOldError } from './failures.ts';
import { readIdentity, run, type StoredIdentity, setUp } from './session.ts';
import { begin, commit, commitsHere, setTimelines } from './statements.ts';
import {
  isAhead,
  Memory,
  type MetTimeline,
  type NotedTimeline,
  notedLast,
  notedTimelines,
  type Seen,
  verdictOn,
} from './timelines.ts';

/** The store that was opened at the start, and what this process knows of it. */
export interface ExpectedStore extends Pick<Identity, 'storeId' | 'incarnation'> {
  /** The newest schema that this release knows. */
  readonly knownVersion: number;
  readonly memory: Memory;
  /** Called when the store can only be served by a new process. */
  readonly replaced: (error: StartError) => void;
}

/** A store as it was opened on a timeline. */
export function expectedStore(
  { storeId, incarnation }: Pick<Identity, 'storeId' | 'incarnation'>,
  timeline: NotedTimeline,
  knownVersion: number,
  replaced: (error: StartError) => void,
): ExpectedStore {
  return { storeId, incarnation, knownVersion, memory: new Memory(timeline), replaced };
}

/** Sets a connection up that must lead to that store, with all that was shown of it. */
export async function setUpSame(client: pg.ClientBase, expected: ExpectedStore): Promise<void> {
  const { memory } = expected;
  const met = await setUp(client);
  refuseOlder(met, expected);
  const { seen } = memory;
  const found = checkSame(await readIdentity(client), expected);
  const isSame = verdictOn(found, met, seen) === 'same';
  const noted = isSame ? notedLast(found) : await settle(client, expected, met);
  refuseForgetting(noted, seen, memory);
  memory.follow(noted);
}

/** One that others have left behind, and that may not know it. Throws StandbyError. */
function refuseOlder({ timeline }: MetTimeline, { memory }: ExpectedStore): void {
  const { id } = memory.seen.timeline;
  if (!isAhead(id, timeline)) return;
  throw new StandbyError(
    `this Postgres is on timeline ${timeline}, and another one has gone on from there as ` +
      `${id}; if it was put back on purpose, start the server again`,
  );
}

/** What another connection has come to meanwhile was not asked about. Throws StandbyError. */
function refuseForgetting({ mark }: NotedTimeline, before: Seen, { seen }: Memory): void {
  if ([mark, before.timeline.mark].includes(seen.timeline.mark)) return;
  throw new StandbyError('another connection has met another Postgres at the same time');
}

function checkSame(found: StoredIdentity | undefined, expected: ExpectedStore): StoredIdentity {
  if (found?.storeId !== expected.storeId) {
    throw new StartError('DKV_STORE_MISMATCH', 'another store lies there than at the start');
  }
  checkServable(found, expected);
  return found;
}

/**
 * Whether this release and this process may serve the store as it is now. Throws TooOldError, or
 * DKV_STORE_REPLACED.
 */
export function checkServable(
  { incarnation, oldestReaderVersion }: Pick<Identity, 'incarnation' | 'oldestReaderVersion'>,
  { knownVersion, replaced, ...expected }: ExpectedStore,
): void {
  if (oldestReaderVersion > knownVersion) throw new TooOldError(oldestReaderVersion, knownVersion);
  if (incarnation === expected.incarnation) return;
  throw told(replaced, 'The store was given a new incarnation: start the server again.');
}

/** Notes under the lock of the store what it goes on with, or that it does not. */
async function settle(
  client: pg.ClientBase,
  expected: ExpectedStore,
  met: MetTimeline,
): Promise<NotedTimeline> {
  await run(client, begin());
  const { seen } = expected.memory;
  const found = checkSame(await lockIdentity(client), expected);
  const verdict = verdictOn(found, met, seen);
  const noted = verdict === 'same' ? found : await note(client, found, met, verdict);
  const { command } = await client.query(commit().config);
  if (command !== 'COMMIT') throw new Error(`Postgres did not commit: it says ${command}`);
  if (verdict !== 'broken') return notedLast(noted);
  const isKnown = found.timelines.some(({ mark }) => mark === seen.timeline.mark);
  throw told(
    expected.replaced,
    `The store in Postgres may lack acknowledged writes: it is at revision ${found.revision} on ` +
      `timeline ${met.timeline}, while revision ${seen.revision} was served on ` +
      `${seen.timeline.id}${isKnown ? '' : ', of which it does not know'}. ` +
      'It begins a new incarnation: start the server again.',
  );
}

/**
 * Takes the lock of the store. From there on the transaction waits for no standby, whatever it
 * comes to (a lock alone would do): reading must not have to; what gets lost is found out again.
 */
export async function lockIdentity(client: pg.ClientBase): Promise<StoredIdentity | undefined> {
  await run(client, commitsHere());
  return readIdentity(client, 'for writing');
}

/** Gives what is noted from then on. To be called after `lockIdentity`. */
export async function note(
  client: pg.ClientBase,
  found: StoredIdentity,
  { timeline }: MetTimeline,
  verdict: 'next' | 'broken',
): Promise<Pick<StoredIdentity, 'incarnation' | 'timelines'>> {
  const incarnation = verdict === 'broken' ? randomUUID() : found.incarnation;
  const timelines = notedTimelines(found, newTimeline(timeline), verdict);
  await run(client, setTimelines(timelines, incarnation));
  return { incarnation, timelines };
}

/** One that nobody has noted before. */
export const newTimeline = (id: string): NotedTimeline => ({ id, mark: randomUUID() });

function told(replaced: ExpectedStore['replaced'], sentence: string): StartError {
  const error = new StartError('DKV_STORE_REPLACED', sentence);
  replaced(error);
  return error;
}
