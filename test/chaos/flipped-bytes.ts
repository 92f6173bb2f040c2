// Proof: a changed byte in a file of the store is told or does no harm; no wrong value is served,
// no group of writes in part, and no process ends by a signal. What SQLite cannot see, an entry
// that is not found any more, is counted. Next: `reader.ts` opens what was changed.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from './chance.ts';
import { type Filled, fillStore, type States } from './filled-store.ts';
import { keepImage, type Layer, layerOf } from './images.ts';
import { commitsIn, type LogCommit } from './log-commits.ts';
import type { Proof, Run } from './proof.ts';
import { Reader } from './reader.ts';
import { DATABASE } from './store-files.ts';
import type { Reply } from './store-reader.ts';

const figures = {
  short: { flips: 100, keys: 120 },
  long: { flips: 4_000, keys: 120 },
};
type Figures = typeof figures.long;

const PAGE_BYTES = 4_096;
const RUN_BYTES_MAX = 64;
/** Half of the changes are of a bit, a quarter of a byte, a quarter of several. */
const BIT_SHARE = 0.5;
const BYTE_SHARE = 0.25;

/** Damage in these looks like what a loss of power leaves: nothing was written after them. */
const LAST_COMMITS = 2;

/** How many changes came to what; one change may come to several. */
type Tally = Map<string, number>;

export const flippedBytes: Proof<Figures> = {
  name: 'flipped-bytes',
  says: 'Changed bytes in the files of a store are told or harmless; no wrong value is served.',
  needsTracer: false,
  ...figures,
  async run({ flips, keys }, run) {
    const reader = new Reader(run.folder);
    run.atEnd(() => reader.end());
    const lay = layerOf(run);
    const summaries: string[] = [];
    for (const [end, how] of [
      ['', 'closed'],
      ['-wal', 'killed'],
    ] as const) {
      const folder = join(run.folder, how);
      mkdirSync(folder);
      const filled = await fillStore(run, folder, keys, how);
      const file = `${DATABASE}${end}`;
      const bytes = filled.files.get(file) ?? Buffer.alloc(0);
      const opening = { run, reader, lay, filled, file, bytes };
      const flipping = how === 'closed' ? ofDatabase(opening) : await ofLog(opening);
      // a log is searched less: see docs/durability.md
      const count = how === 'closed' ? flips : Math.ceil(flips / 4);
      const tally = await flipAll(flipping, count);
      const pages = Math.ceil(bytes.length / PAGE_BYTES);
      run.print(`${file}: ${count} changes over ${pages} pages: ${listOf(tally)}`);
      summaries.push(`${count} of ${file}`);
    }
    return `bytes changed, and no wrong value served: ${summaries.join(', ')}`;
  },
};

const listOf = (tally: Tally): string =>
  [...tally]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${what} ${count}`)
    .join('; ');

interface Opening {
  readonly run: Run;
  readonly reader: Reader;
  readonly lay: Layer;
  readonly filled: Filled;
  readonly file: string;
  readonly bytes: Buffer;
}

interface Flipping extends Opening {
  /** What may be there: all, and of a log all but its last commits, one by one. */
  readonly mayBe: readonly States[];
  /** Where every other change is made: elsewhere in a log, a start is refused. */
  readonly tailPage: number;
}

const ofDatabase = (opening: Opening): Flipping => ({
  ...opening,
  mayBe: [opening.filled.states],
  tailPage: 0,
});

/** Asks what the log comes to without its last commits. */
async function ofLog(opening: Opening): Promise<Flipping> {
  const { run, filled, file, bytes } = opening;
  const commits = commitsIn(bytes);
  expectGroups(commits, filled.writes);
  const last = commits.slice(-LAST_COMMITS - 1);
  const told = last.map(({ frames }) => frames).join(', ');
  const all = `${filled.writes} writes in ${commits.length} commits`;
  run.print(`${file}: ${all}, the last ones of ${told} frames`);
  const mayBe: States[] = [];
  for (const { end } of last.toReversed()) {
    mayBe.push(await statesOf(opening, bytes.subarray(0, end)));
  }
  const tailPage = Math.floor((commits.at(-LAST_COMMITS - 1)?.end ?? 0) / PAGE_BYTES);
  return { ...opening, mayBe, tailPage };
}

/** What lies in the log must be what servers with many clients leave. */
function expectGroups(commits: readonly LogCommit[], writes: number): void {
  if (commits.length > LAST_COMMITS && commits.length < writes / 2) return;
  throw new Error(`${writes} writes made ${commits.length} commits: these are no groups`);
}

async function statesOf(opening: Opening, log: Buffer): Promise<States> {
  const { refusal, found } = await askWith(opening, log, false);
  if (refusal !== undefined) throw new Error(`a log that was cut is refused: ${refusal}`);
  return new Map(Object.entries(found).map(([key, { value }]) => [key, value]));
}

function askWith(opening: Opening, changed: Buffer, isWritten: boolean): Promise<Reply> {
  const { lay, filled, file, reader } = opening;
  const location = lay(new Map([...filled.files, [file, changed]]));
  return reader.ask({ location, mode: 'wal', keys: [...filled.states.keys()], isWritten });
}

async function flipAll(flipping: Flipping, count: number): Promise<Tally> {
  const tally: Tally = new Map();
  const { run, bytes, file, tailPage } = flipping;
  const pages = Math.ceil(bytes.length / PAGE_BYTES);
  for (let i = 0; i < count; i += 1) {
    // every page in turn, and where there are fewer changes than pages, all over the file
    const first = i % 2 === 0 ? 0 : tailPage;
    const page = first + (Math.floor(i * Math.max(1, (pages - first) / count)) % (pages - first));
    const changed = flipped(bytes, page, run.chance);
    for (const what of await outcomesOf(flipping, changed)) {
      tally.set(what, (tally.get(what) ?? 0) + 1);
    }
    run.progress(`${file}: ${i + 1} of ${count} changes, ${listOf(tally)}`);
  }
  return tally;
}

/** A copy with a bit, a byte or some bytes of a page changed. */
export function flipped(bytes: Buffer, page: number, chance: Chance): Buffer {
  const changed = Buffer.from(bytes);
  const first = page * PAGE_BYTES;
  const at = first + chance.below(Math.min(PAGE_BYTES, bytes.length - first));
  const kind = chance.next();
  if (kind < BIT_SHARE) changed[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
  else if (kind < BIT_SHARE + BYTE_SHARE) changed[at] = (bytes[at] ?? 0) ^ (1 + chance.below(255));
  else {
    const end = Math.min(bytes.length, at + 2 + chance.below(RUN_BYTES_MAX));
    for (let i = at; i < end; i += 1) changed[i] = (bytes[i] ?? 0) ^ (1 + chance.below(255));
  }
  return changed;
}

/** What a store with this file comes to. Throws where a wrong value was served. */
async function outcomesOf(flipping: Flipping, changed: Buffer): Promise<Set<string>> {
  try {
    return outcomesIn(await askWith(flipping, changed, true), flipping.mayBe);
  } catch (error) {
    keepImage(flipping.run, new Map([...flipping.filled.files, [flipping.file, changed]]));
    throw error;
  }
}

/** What a reply says, where these are what may be there. Throws where it is none of them. */
export function outcomesIn(reply: Reply, mayBe: readonly States[]): Set<string> {
  if (reply.refusal !== undefined) return new Set([`start refused (${reply.refusal})`]);
  const outcomes = new Set<string>();
  for (const { code } of Object.values(reply.found)) {
    if (code !== undefined) outcomes.add(`some entries ${code}`);
  }
  const lost = mayBe.findIndex((states) => differing(reply, states).length === 0);
  if (lost > 0) outcomes.add(lost === 1 ? 'the last commit lost' : `the last ${lost} commits lost`);
  else if (lost === -1) outcomes.add(notFound(reply, mayBe));
  if (reply.write !== 'stored') outcomes.add(`a write ${reply.write}`);
  if (outcomes.size > 0) return outcomes;
  return new Set([reply.integrity === 'ok' ? 'no harm' : 'no harm, seen by integrity_check']);
}

/** The keys that have a value, or none, and another one than they must. */
const differing = ({ found }: Reply, states: States): string[] =>
  [...states].flatMap(([key, state]) => {
    const { value, code } = found[key] ?? {};
    return code !== undefined || value === state ? [] : key;
  });

/** In a database entries may not be found; a log is taken up to a commit, as it was then. */
function notFound(reply: Reply, [states = new Map(), ...earlier]: readonly States[]): string {
  const keys = differing(reply, states);
  const wrong = keys.find((key) => reply.found[key]?.value !== undefined);
  if (earlier.length > 0) throw new Error(`${keys.length} keys are as after no commit`);
  if (wrong === undefined) return 'some entries not found';
  throw new Error(`a wrong value for ${wrong}: "${reply.found[wrong]?.value?.slice(0, 60)}"`);
}
