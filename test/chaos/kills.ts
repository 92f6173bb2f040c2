// Proof: SIGKILL under load, at random moments, during starts and while the log is copied into the
// database, loses no acknowledged write. Next: `load.ts` writes and reads.
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { launchServer, type ServerProcess } from '../server/support/launched-server.ts';
import type { Aim } from './killer-thread.ts';
import { KvClient } from './kv-client.ts';
import { Ledger } from './ledger.ts';
import { expectNothingLost, writeUnderLoad } from './load.ts';
import type { Proof, Run } from './proof.ts';
import { DATABASE, expectIntegrityOfCopy, wasCopyingLog } from './store-files.ts';

const figures = {
  short: { cycles: 10, acknowledged: 4_000, connections: 32, keys: 20 },
  long: { cycles: 200, acknowledged: 100_000, connections: 32, keys: 60 },
};
type Figures = typeof figures.long;

const KILLED_IN_START_SHARE = 0.3;
const KILLED_AT_COPY_SHARE = 0.3;
const START_MS = 600;
const KILL_DELAY_MS = 30;
const COPY_MS = 3;
const SHORT_VALUES_BYTES = 300;
const LONG_VALUES_BYTES = 20_000;
/** A kill at the copy of the log falls back to this many acknowledged writes. */
const COPY_WRITES_MAX = 3_000;

/** When kills met what. */
interface Tally {
  inStart: number;
  amidCopy: number;
}

export const kills: Proof<Figures> = {
  name: 'kills',
  says: 'SIGKILL under load, in starts and in checkpoints: no acknowledged write is lost.',
  needsTracer: false,
  ...figures,
  async run({ cycles, acknowledged, connections, keys }, run) {
    const ledger = new Ledger();
    const tally = { inStart: 0, amidCopy: 0 };
    const isEnough = () => ledger.acknowledgedCount >= acknowledged;
    for (let cycle = 0; cycle < cycles || !isEnough(); cycle += 1) {
      if (run.chance.happens(KILLED_IN_START_SHARE)) await killInStart(run, tally);
      // what is left is shared out, so that the last cycle has the last writes
      const left = Math.max(0, acknowledged - ledger.acknowledgedCount);
      const writes = Math.ceil(left / Math.max(1, cycles - cycle));
      await killUnderLoad(run, { ledger, writes, connections, keys, tally });
      expectIntegrityOfCopy(run.folder, join(run.folder, 'copy'));
      run.progress(`${cycle + 1} kills, ${ledger.acknowledgedCount} acknowledged, none lost`);
    }
    const server = start(run);
    await checked(await server.url(), ledger, connections);
    await server.end('SIGTERM');
    return (
      `${ledger.acknowledgedCount} acknowledged writes of ${ledger.keys.length} keys over ` +
      `${connections} connections, at least ${cycles} kills under load, ${tally.amidCopy} of ` +
      `them within a checkpoint, ${tally.inStart} more in starts: none lost`
    );
  },
};

function start(run: Run): ServerProcess {
  const server = launchServer(run.folder);
  run.atEnd(() => void server.child.kill('SIGKILL'));
  return server;
}

async function killInStart(run: Run, tally: Tally): Promise<void> {
  const server = start(run);
  await delay(run.chance.next() * START_MS);
  await server.end('SIGKILL');
  tally.inStart += 1;
}

async function checked(url: string, ledger: Ledger, connections: number): Promise<KvClient> {
  const client = new KvClient(url, connections);
  await expectNothingLost(client, ledger);
  return client;
}

interface Cycle {
  readonly ledger: Ledger;
  /** How many are acknowledged before the kill. */
  readonly writes: number;
  readonly connections: number;
  readonly keys: number;
  readonly tally: Tally;
}

/** Starts the server, reads all that is there, loads it, and kills it at some moment. */
async function killUnderLoad(run: Run, cycle: Cycle): Promise<void> {
  const { ledger, connections, keys, tally } = cycle;
  const server = start(run);
  const client = await checked(await server.url(), ledger, connections);
  const before = ledger.acknowledgedCount;
  const gone = { is: false };
  const ended = server.exit().then(() => {
    gone.is = true;
  });
  const atCopy = run.chance.happens(KILLED_AT_COPY_SHARE);
  const killer = atCopy ? await killerAtCopy(run, server) : undefined;
  const writes = atCopy ? Math.max(cycle.writes, COPY_WRITES_MAX) : cycle.writes;
  const kill = async () => {
    await delay(run.chance.next() * KILL_DELAY_MS);
    server.child.kill('SIGKILL');
  };
  await writeUnderLoad({
    ...{ client, ledger, chance: run.chance, writers: connections, keysPerWriter: keys },
    lengthBytesMax: atCopy ? LONG_VALUES_BYTES : SHORT_VALUES_BYTES,
    isOver: () => gone.is,
    onAnswer: doOnce(() => ledger.acknowledgedCount - before >= writes, kill),
  });
  await ended;
  await killer?.terminate();
  client.close();
  if (wasCopyingLog(run.folder)) tally.amidCopy += 1;
}

async function killerAtCopy(run: Run, { child }: ServerProcess): Promise<Worker> {
  const database = join(run.folder, DATABASE);
  const delayMs = run.chance.next() * COPY_MS;
  const aim: Aim = { pid: child.pid ?? 0, database, delayMs };
  const killer = new Worker(new URL('./killer-thread.ts', import.meta.url), { workerData: aim });
  await once(killer, 'message');
  return killer;
}

/** Calls `work` the first time that `isDue` says so. */
function doOnce(isDue: () => boolean, work: () => Promise<void>): () => void {
  let isDone = false;
  return () => {
    if (isDone || !isDue()) return;
    isDone = true;
    void work();
  };
}
