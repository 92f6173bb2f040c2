// Proof: a changed byte in a file of the store is told or does no harm; no wrong value is served,
// and no process ends by a signal. What SQLite cannot see, an entry that is not found any more, is
// counted. Next: `reader.ts` opens what was changed.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from './chance.ts';
import { type Filled, fillStore } from './filled-store.ts';
import { keepImage, type Layer, layerOf } from './images.ts';
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

/** Changed, these look like what a loss of power leaves: nothing was written after them. */
const LAST_WRITES = 2;

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
      // a log is searched less: see docs/durability.md
      const count = end === '' ? flips : Math.ceil(flips / 4);
      const flipping = { run, reader, lay, filled, file, bytes };
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

interface Flipping {
  readonly run: Run;
  readonly reader: Reader;
  readonly lay: Layer;
  readonly filled: Filled;
  readonly file: string;
  readonly bytes: Buffer;
}

async function flipAll(flipping: Flipping, count: number): Promise<Tally> {
  const tally: Tally = new Map();
  const { run, bytes, file } = flipping;
  const pages = Math.ceil(bytes.length / PAGE_BYTES);
  for (let i = 0; i < count; i += 1) {
    // every page in turn, and where there are fewer changes than pages, all over the file
    const page = Math.floor(i * Math.max(1, pages / count)) % pages;
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
  const { run, lay, filled, file, reader } = flipping;
  const files = new Map([...filled.files, [file, changed]]);
  const keys = [...filled.states.keys()];
  try {
    const location = lay(files);
    const reply = await reader.ask({ location, mode: 'wal', keys, isWritten: true });
    return outcomesIn(reply, filled, file);
  } catch (error) {
    keepImage(run, files);
    throw error;
  }
}

function outcomesIn(reply: Reply, { states, history }: Filled, file: string): Set<string> {
  if (reply.refusal !== undefined) return new Set([`start refused (${reply.refusal})`]);
  const outcomes = new Set<string>();
  let older = 0;
  for (const [key, state] of states) {
    const { value, code } = reply.found[key] ?? {};
    if (code !== undefined) outcomes.add(`some entries ${code}`);
    else if (value === state) continue;
    // a start refuses to lose more than what may have been under way
    else if (file.endsWith('-wal') && isOlder(history.get(key), value)) older += 1;
    else if (value === undefined) outcomes.add('some entries not found');
    else throw new Error(`a wrong value for ${key}: "${value.slice(0, 60)}"`);
  }
  if (older > LAST_WRITES) throw new Error(`${older} keys are as they were before, without a word`);
  if (older > 0) outcomes.add('the last writes lost');
  if (reply.write !== 'stored') outcomes.add(`a write ${reply.write}`);
  if (outcomes.size > 0) return outcomes;
  return new Set([reply.integrity === 'ok' ? 'no harm' : 'no harm, seen by integrity_check']);
}

const isOlder = (history: readonly string[] = [], value: string | undefined): boolean =>
  value === undefined || history.includes(value);
