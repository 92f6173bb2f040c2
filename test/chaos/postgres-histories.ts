// Proof: for each key, what clients of several servers on one Postgres were told could have come of
// operations that take effect one at a time, whatever befalls servers and database.
// Next: `database-faults.ts` is what befalls them, `history.ts` keeps and judges the answers.
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../server/support/wait-for.ts';
import type { Chance } from './chance.ts';
import { amidFaults, type DatabaseFaults } from './database-faults.ts';
import { History, Session } from './history.ts';
import type { Proof } from './proof.ts';
import type { Replicas } from './replicas.ts';

const figures = {
  short: { rounds: 5, operations: 3_000, clients: 24, keys: 6, replicas: 3 },
  long: { rounds: 50, operations: 50_000, clients: 24, keys: 6, replicas: 3 },
};
type Figures = typeof figures.long;

const FAULTS_MAX = 2;
const FAULT_DELAY_MS = 300;
const PAUSE_MS = 20;
const RECOVERY_LIMIT_MS = 120_000;

export const postgresHistories: Proof<Figures> = {
  name: 'postgres-histories',
  says: 'Each key is linearizable over several replicas, while they and Postgres suffer faults.',
  needsTracer: false,
  needsPostgres: true,
  ...figures,
  async run({ rounds, operations, clients, keys, replicas: replicaCount }, run) {
    const history = new History();
    const sessions = Array.from(
      { length: clients },
      (_, number) => new Session({ history, keys, chance: run.chance, name: String(number) }),
    );
    const aRound = Math.ceil(operations / rounds);
    const size = { count: replicaCount, connections: clients };
    await amidFaults(run, size, async ({ replicas, faults, chance }) => {
      for (let round = 0; round < rounds; round += 1) {
        const suffering = suffer(faults, chance);
        const due = history.count + aRound;
        await playRound({ replicas, history, sessions, chance: run.chance, due }, suffering);
        // what is under way in Postgres is not any more; the servers live on, and are to send no
        // more
        await faults.endSessions();
        history.endRound();
        run.progress(`${round + 1} of ${rounds} rounds, ${history.count} operations`);
      }
      await replicas.untilAllListen();
    });
    history.expectLinearizable(run);
    return history.summary(
      `of ${clients} clients of ${replicaCount} replicas on ${keys} keys over ${rounds} rounds`,
    );
  },
};

/** What befalls them in one round. */
async function suffer(faults: DatabaseFaults, chance: Chance): Promise<void> {
  const count = 1 + chance.below(FAULTS_MAX);
  for (let at = 0; at < count; at += 1) {
    await delay(chance.next() * FAULT_DELAY_MS);
    await faults.next();
  }
}

interface Round {
  readonly replicas: Replicas;
  readonly history: History;
  readonly sessions: readonly Session[];
  readonly chance: Chance;
  /** How many operations there are in the end. */
  readonly due: number;
}

/** Every session goes on until the faults are over and there are as many operations as are due. */
async function playRound(round: Round, suffering: Promise<void>): Promise<void> {
  const { replicas, history, sessions, chance, due } = round;
  let isOver = false;
  const play = async (session: Session) => {
    while (!isOver) {
      const { listening } = replicas;
      if (listening.length > 0) await session.step(chance.pick(listening).client);
      else await delay(PAUSE_MS);
    }
  };
  const end = async () => {
    try {
      await suffering;
      await waitFor('operations to be answered', () => isDone(round), RECOVERY_LIMIT_MS);
    } finally {
      isOver = true;
    }
  };
  const isDone = ({ replicas: all }: Round) => {
    all.expectNoTrouble();
    return history.count >= due;
  };
  await Promise.all([end(), ...sessions.map(play)]);
}
