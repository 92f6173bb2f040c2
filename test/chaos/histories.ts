// Proof: for each key, what clients were told could have come of operations that take effect one at
// a time, while the server is killed, stopped, and meets failures of the disk.
// Next: `history.ts` keeps and judges what clients were told.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchServer, type ServerProcess } from '../server/support/launched-server.ts';
import { History, Session } from './history.ts';
import { HttpClient } from './http-client.ts';
import type { Proof, Run } from './proof.ts';
import { tracedTo } from './tracer.ts';

const figures = {
  short: { rounds: 4, operations: 4_000, clients: 32, keys: 6 },
  long: { rounds: 60, operations: 120_000, clients: 32, keys: 6 },
};
type Figures = typeof figures.long;

/** What happens to the server of a round; syncs that fail make the outcome of a group unknown. */
const FAULTS = {
  killed: { end: 'SIGKILL', inject: undefined },
  'failing syncs, killed': { end: 'SIGKILL', inject: 'fsync,fdatasync:error=EIO:when=12+17' },
  stopped: { end: 'SIGTERM', inject: undefined },
  'failing writes, killed': { end: 'SIGKILL', inject: 'pwrite64:error=EIO:when=150+400' },
} as const;

export const histories: Proof<Figures> = {
  name: 'histories',
  says: 'Each key is linearizable under kills and failing disks: 32 clients, conditions included.',
  needsTracer: true,
  ...figures,
  async run({ rounds, operations, clients, keys }, run) {
    const history = new History();
    for (let round = 0; round < rounds; round += 1) {
      const faults = Object.values(FAULTS);
      const fault = faults[round % faults.length] ?? FAULTS.killed;
      const load = { clients, keys, operations: Math.ceil(operations / rounds), round };
      await playRound(run, history, fault, load);
      run.progress(`${round + 1} of ${rounds} rounds, ${history.count} operations`);
    }
    history.expectLinearizable(run);
    return history.summary(`of ${clients} clients on ${keys} keys over ${rounds} rounds`);
  },
};

interface Load {
  readonly clients: number;
  readonly keys: number;
  readonly operations: number;
  readonly round: number;
}

async function playRound(
  run: Run,
  history: History,
  { end, inject }: (typeof FAULTS)[keyof typeof FAULTS],
  load: Load,
): Promise<void> {
  const trace = join(run.folder, 'trace');
  const names = inject?.replace(/:.*/, '');
  const faults = inject === undefined ? [] : ['-e', `trace=${names}`, '-e', `inject=${inject}`];
  const under = inject === undefined ? [] : tracedTo(trace, ...faults);
  const server = launchServer(run.folder, {}, { under });
  run.atEnd(() => void server.child.kill('SIGKILL'));
  const client = new HttpClient(await server.url(), load.clients);
  const state = { left: load.operations, isGone: false };
  const ending = async () => {
    await delay(run.chance.next() * 20);
    await server.end(end);
    state.isGone = true;
  };
  let ended: Promise<void> | undefined;
  const one = async (number: number) => {
    const name = `${load.round} ${number}`;
    const session = new Session({ keys: load.keys, name, chance: run.chance, history });
    while (!state.isGone) {
      state.left -= 1;
      // the end comes while operations are under way
      if (state.left === 0) ended = ending();
      await session.step(client);
    }
  };
  await Promise.all(Array.from({ length: load.clients }, (_, number) => one(number)));
  await ended;
  client.close();
  history.endRound();
  expectEndedAs(server, end);
}

function expectEndedAs({ child }: ServerProcess, end: NodeJS.Signals): void {
  const { exitCode, signalCode } = child;
  if (exitCode === 0 || signalCode === end) return;
  throw new Error(`the server ended with ${signalCode ?? exitCode}`);
}
