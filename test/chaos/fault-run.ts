// One run of a server some of whose system calls fail: load, a look at what it makes of it, its
// end, and what the next server finds. Used by `disk-errors.ts`.
// Next: `load.ts` loads it, `acknowledgements.ts` reads its trace.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchServer, type ServerProcess } from '../server/support/launched-server.ts';
import { waitFor } from '../server/support/wait-for.ts';
import { acknowledgementsIn, syncsOfLog, unsynced } from './acknowledgements.ts';
import { KvClient } from './kv-client.ts';
import { Ledger } from './ledger.ts';
import { expectNothingLost, writeUnderLoad } from './load.ts';
import type { Run } from './proof.ts';
import { copyStore, expectIntegrityOfCopy } from './store-files.ts';
import { type Call, callsIn } from './trace.ts';
import { linesOfEnded, tracedTo } from './tracer.ts';

export interface Fault {
  readonly call: string;
  readonly error: string;
  /** Which call of a thread fails, counted from 1. */
  readonly n: number;
  /** Whether all that follow fail too. */
  readonly isLasting: boolean;
}

/** What each run begins with: a store that was killed with a log, and what is known of it. */
export interface Ground {
  readonly folder: string;
  readonly ledger: Ledger;
  /** How many writes a run sends. */
  readonly writes: number;
}

const WRITERS = 8;
const KEYS_PER_WRITER = 6;
const ROUND_MS = 200;
/** So long that a run's writes fill the log, which is then copied into the database. */
const VALUES_BYTES = 90_000;
const TRACED = 'read,recvfrom,write,writev,sendto,fdatasync,fsync,pwrite64,ftruncate';

/** Makes the store that all runs begin with. */
export async function layGround(run: Run, writes: number): Promise<Ground> {
  const ground = { folder: join(run.folder, 'ground'), ledger: new Ledger(), writes };
  const server = launch(run, ground.folder);
  await load(run, server, { ...ground, writes: WRITERS });
  await server.end('SIGKILL');
  return ground;
}

/** How often the busiest thread makes each of these calls in a run without a fault. */
export async function measureCalls(
  run: Run,
  ground: Ground,
  names: readonly string[],
): Promise<Map<string, number>> {
  const folder = join(run.folder, 'measured');
  copyStore(ground.folder, folder);
  const server = launch(run, folder, tracedTo(join(folder, 'trace'), '-e', `trace=${TRACED}`));
  await load(run, server, { ...ground, ledger: ground.ledger.copy() });
  const calls = await callsOfEnded(server, folder, 'SIGTERM');
  return new Map(names.map((name) => [name, mostOfAThread(calls, name)]));
}

function mostOfAThread(calls: readonly Call[], name: string): number {
  const byThread = Map.groupBy(
    calls.filter((call) => call.name === name),
    ({ thread }) => thread,
  );
  return Math.max(0, ...[...byThread.values()].map(({ length }) => length));
}

/** Throws where something acknowledged is missing, or was acknowledged in vain; gives what came. */
export async function runWithFault(run: Run, ground: Ground, fault: Fault): Promise<string> {
  const folder = join(run.folder, 'faulty');
  copyStore(ground.folder, folder);
  const ledger = ground.ledger.copy();
  const { call, error, n, isLasting } = fault;
  const inject = `inject=${call}:error=${error}:when=${n}${isLasting ? '+' : ''}`;
  const how = ['-s', '64', '-e', `trace=${TRACED}`, '-e', inject];
  const server = launch(run, folder, tracedTo(join(folder, 'trace'), ...how));
  try {
    const outcome = await outcomeOf(run, server, { ...ground, ledger }, isLasting);
    const calls = await callsOfEnded(server, folder, run.chance.pick(['SIGTERM', 'SIGKILL']));
    const isMet = calls.some(({ result }) => result.includes('(INJECTED)'));
    const [first] = unsynced(acknowledgementsIn(calls), syncsOfLog(calls));
    if (first !== undefined) throw new Error(`a false 2xx: lines ${first.requested} and on`);
    await expectSoundAfter(run, folder, ledger);
    return isMet ? outcome : 'not reached';
  } catch (cause) {
    throw new Error(`with ${inject}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Loads the server; says whether it started, and what became of it. */
async function outcomeOf(
  run: Run,
  server: ServerProcess,
  ground: Ground,
  isLasting: boolean,
): Promise<string> {
  const hasEnded = server.exit().then(() => true);
  const hasStarted = await Promise.race([hasEnded.then(() => false), listens(server)]);
  if (!hasStarted) return `start refused, ${refusalOf(server)}`;
  let failed = await load(run, server, ground);
  if (hasExited(server)) return `ended, ${refusalOf(server)}`;
  if (!isLasting) failed += await recover(run, server, ground);
  const isGood = await isHealthy(server);
  const client = new KvClient(await server.url(), WRITERS);
  await expectNothingLost(client, ground.ledger, isGood);
  client.close();
  if (failed === 0) return 'unnoticed';
  return isLasting ? `refuses writes, health ${isGood ? 'good' : 'bad'}` : 'recovered';
}

/**
 * Writes until all of a round are acknowledged; gives how many were not before. Each thread may
 * meet its own n-th call, and after a full disk the room in reserve is made anew within 10 seconds.
 */
async function recover(run: Run, server: ServerProcess, ground: Ground): Promise<number> {
  let failed = 0;
  await waitFor('a healthy server to acknowledge all writes', async () => {
    await delay(ROUND_MS);
    if (!(await isHealthy(server))) return false;
    const more = await load(run, server, { ...ground, writes: WRITERS });
    failed += more;
    return more === 0;
  });
  return failed;
}

const listens = (server: ServerProcess): Promise<boolean> =>
  server.url().then(
    () => true,
    (error: unknown) => {
      if (hasExited(server)) return false;
      throw error;
    },
  );

const hasExited = ({ child }: ServerProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

/** The code of the last log line. Throws if the process did not end by itself, with that line. */
function refusalOf({ child, lines, fatalLine }: ServerProcess): string {
  const code = fatalLine()?.code ?? lines().at(-1)?.msg;
  if (child.exitCode === 1 && code !== undefined) return String(code);
  throw new Error(`the server ended with ${child.signalCode ?? child.exitCode}: ${code}`);
}

/** Sends the writes; gives how many were not acknowledged. */
async function load(run: Run, server: ServerProcess, ground: Ground): Promise<number> {
  const client = new KvClient(await server.url(), WRITERS);
  const { ledger } = ground;
  let [sent, failed] = [0, 0];
  await writeUnderLoad({
    ...{ client, ledger, chance: run.chance, writers: WRITERS, keysPerWriter: KEYS_PER_WRITER },
    lengthBytesMax: VALUES_BYTES,
    isOver: () => sent >= ground.writes,
    onAnswer: ({ status }) => {
      sent += 1;
      if (status !== 200) failed += 1;
    },
  });
  client.close();
  return failed;
}

async function isHealthy(server: ServerProcess): Promise<boolean> {
  const reply = await fetch(`${await server.url()}/health`);
  await reply.arrayBuffer();
  return reply.status === 200;
}

/** The calls of a server that is ended now, unless it has ended. */
async function callsOfEnded(server: ServerProcess, folder: string, signal: NodeJS.Signals) {
  if (!hasExited(server)) await server.end(signal);
  const { signalCode, pid = 0 } = server.child;
  if (signalCode !== null && signalCode !== signal) throw new Error(`ended with ${signalCode}`);
  return callsIn(await linesOfEnded(join(folder, 'trace'), pid));
}

/** Without faults the files are whole, and a new server has all that was acknowledged. */
async function expectSoundAfter(run: Run, folder: string, ledger: Ledger): Promise<void> {
  expectIntegrityOfCopy(folder, join(run.folder, 'copy'));
  const server = launch(run, folder);
  const client = new KvClient(await server.url(), WRITERS);
  await expectNothingLost(client, ledger);
  client.close();
  await server.end('SIGTERM');
}

function launch(run: Run, folder: string, under: string[] = []): ServerProcess {
  const server = launchServer(folder, {}, { under });
  run.atEnd(() => void server.child.kill('SIGKILL'));
  return server;
}
