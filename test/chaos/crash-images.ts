// Proof: the files of a store hold all that was acknowledged, however a loss of power leaves them.
// Runs are recorded and cut at every point, and of what no sync had put on disk any part is lost.
// Next: `recording.ts` records, `disk.ts` loses, `reader.ts` opens what is left.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalMode } from '../../server/store/store.ts';
import { Disk, LOSSES } from './disk.ts';
import { type Files, keepImage, type Layer, layerOf } from './images.ts';
import { Ledger, valueFor } from './ledger.ts';
import type { Proof, Run } from './proof.ts';
import { Reader } from './reader.ts';
import { type Operation, type RecordOptions, record } from './recording.ts';

const figures = {
  short: { points: 8, writes: 120 },
  long: { points: 400, writes: 1_600 },
};
type Figures = typeof figures.long;

const failingSyncs = (when: string): string => `fsync,fdatasync:error=EIO:when=${when}`;

/** What is recorded, and which of the syncs of each thread fail. */
const RUNS: { readonly name: string; readonly mode: JournalMode; readonly inject?: string }[] = [
  { name: 'write-ahead log', mode: 'wal' },
  { name: 'write-ahead log, syncs fail', mode: 'wal', inject: failingSyncs('9+11') },
  { name: 'write-ahead log, no sync of its name', mode: 'wal', inject: failingSyncs('2') },
  { name: 'rollback journal', mode: 'truncate' },
  { name: 'rollback journal, syncs fail', mode: 'truncate', inject: failingSyncs('9+31') },
  { name: 'rollback journal, no sync of its name', mode: 'truncate', inject: failingSyncs('2') },
];
const LOAD = { writers: 8, keysPerWriter: 6 };

interface Tally {
  points: number;
  images: number;
}

export const crashImages: Proof<Figures> = {
  name: 'crash-images',
  says: 'Files as a loss of power may leave them, torn pages too, hold all that was acknowledged.',
  needsTracer: true,
  ...figures,
  async run({ points, writes }, run) {
    const reader = new Reader(run.folder);
    run.atEnd(() => reader.end());
    const lay = layerOf(run);
    const summaries: string[] = [];
    for (const { name, mode, inject } of RUNS) {
      const operations = await recordThree(run, { mode, inject, writes });
      const tally = { points: 0, images: 0 };
      await cutEverywhere(operations, { run, reader, lay, mode, points, name }, tally);
      const counts = countsOf(operations);
      run.print(`${name}: ${counts}; ${tally.images} images of ${tally.points} points, none wrong`);
      summaries.push(`${tally.images} of a ${name}`);
    }
    return `images opened and read, all whole: ${summaries.join('; ')}`;
  },
};

type Wanted = Pick<RecordOptions, 'mode' | 'inject' | 'writes'>;

/** A new store, closed; then a run that is killed, and one that goes on with what it left. */
async function recordThree(run: Run, { inject, mode, writes }: Wanted): Promise<Operation[]> {
  const folder = join(run.folder, 'recorded');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const half = Math.ceil(writes / 2);
  const runs = [
    { writes: LOAD.writers, isKilled: false },
    { writes: half, isKilled: true, inject },
    { writes: half, isKilled: false, inject },
  ];
  const operations: Operation[] = [];
  for (const [i, one] of runs.entries()) {
    const seed = run.chance.below(2 ** 32);
    const recorded = await record(folder, { ...LOAD, ...one, mode, seed, firstPlace: i * half });
    const offset = Math.max(0, ...operations.map(({ at }) => (Number.isFinite(at) ? at : 0))) + 1;
    operations.push(...recorded.map((operation) => shifted(operation, offset)));
  }
  return operations;
}

const shifted = (operation: Operation, by: number): Operation => ({
  ...operation,
  begun: operation.begun + by,
  at: operation.at + by,
});

interface Cutting {
  readonly name: string;
  readonly run: Run;
  readonly reader: Reader;
  readonly lay: Layer;
  readonly mode: JournalMode;
  readonly points: number;
}

/** Goes through the operations; at as many points as are wanted, builds images and opens them. */
async function cutEverywhere(operations: readonly Operation[], cutting: Cutting, tally: Tally) {
  const { run, points, name } = cutting;
  const [disk, ledger] = [new Disk(), new Ledger()];
  const changes = operations.filter(({ kind }) => kind !== 'mark').length;
  let passed = 0;
  for (const operation of operations) {
    if (operation.kind === 'mark') note(ledger, operation.words);
    else {
      // before each change all that was acknowledged until then is asked for
      const isWanted = Math.floor((passed * points) / changes) >= tally.points;
      if (isWanted) await tryImages(disk, ledger, cutting, tally);
      disk.apply(operation);
      passed += 1;
    }
    run.progress(`${name}: ${passed} of ${changes} changes passed, ${tally.images} images`);
  }
  await tryImages(disk, ledger, cutting, tally);
}

async function tryImages(disk: Disk, ledger: Ledger, cutting: Cutting, tally: Tally) {
  tally.points += 1;
  const unsynced = disk.unsyncedCount;
  const ways = unsynced === 0 ? ['nothing'] : Object.keys(LOSSES);
  for (const way of ways) {
    tally.images += 1;
    const loss = LOSSES[way]?.(cutting.run.chance, unsynced);
    if (loss !== undefined) await tryImage(disk.imageAfter(loss), ledger, cutting, way);
  }
}

/** Throws unless the store in these files opens, is whole, and holds what it must. */
async function tryImage(
  image: Files,
  ledger: Ledger,
  { run, lay, reader, mode, name }: Cutting,
  way: string,
): Promise<void> {
  const location = lay(image);
  const reply = await reader.ask({ location, mode, keys: ledger.keys, isWritten: true });
  const complaints = ledger.keys.map((key) => {
    const { code, value } = reply.found[key] ?? {};
    return code === undefined ? ledger.complaint(key, value) : `${key}: ${code}`;
  });
  const { refusal, write, integrity } = reply;
  if (refusal !== undefined) complaints.unshift(`the start was refused: ${refusal}`);
  else if (write !== 'stored') complaints.unshift(`a write came to ${write}`);
  else if (integrity !== 'ok') complaints.unshift(`integrity_check: ${integrity}`);
  const wrong = complaints.filter((one) => one !== undefined);
  if (wrong.length === 0) return;
  keepImage(run, image);
  throw new Error(`${name}, of what was not synced ${way} lost: ${wrong.slice(0, 5).join('\n  ')}`);
}

function note(ledger: Ledger, [verb, key = '', place, length]: readonly string[]): void {
  const isDeletion = place === undefined;
  if (verb === 'sent') {
    ledger.sent(key, isDeletion ? undefined : valueFor(key, Number(place), Number(length)));
  } else ledger.acknowledgedLast(key);
}

function countsOf(operations: readonly Operation[]): string {
  const count = (kind: string, also: (one: Operation) => boolean = () => true) =>
    operations.filter((one) => one.kind === kind && also(one)).length;
  const failed = count('sync', (one) => one.kind === 'sync' && !one.isDone);
  const acknowledged = count('mark', (one) => one.kind === 'mark' && one.words[0] !== 'sent');
  return (
    `${count('write')} writes and ${count('sync')} syncs of files (${failed} failed), ` +
    `${count('truncate')} truncations, ${acknowledged} acknowledged`
  );
}
