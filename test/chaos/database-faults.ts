// What befalls replicas and their database, one thing after another, as chance has it: processes
// are killed, connections are cut or fall silent, sealing keys are rotated.
// Used by the proofs on Postgres. Next: `database-way.ts`, `key-rotation.ts`.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endNow } from '../server/support/launched-postgres.ts';
import { waitFor } from '../server/support/wait-for.ts';
import { Chance } from './chance.ts';
import { BREAKS, type Break } from './database-way.ts';
import type { Run } from './proof.ts';
import { Replicas } from './replicas.ts';

const AWAY_MS = 400;
const TERMINATED_SHARE = 0.6;
const EVERYWHERE_SHARE = 0.5;
/** How often a rotation goes on by a step, and then is left in peace for a while. */
const ROTATION_SHARE = 0.5;
const PEACE_SHARE = 0.4;
const PEACE_MS = 4_000;

/** Sessions of replicas, not the one that asks. */
const SESSIONS = `FROM pg_stat_activity WHERE application_name = 'dumbkv'`;

/** How often each of them comes, relative to the others; a silence lasts for ten seconds. */
const SHARES = {
  'a replica killed': 5,
  'Postgres killed': 3,
  'Postgres stopped at once': 3,
  'a process of Postgres killed': 3,
  'connections terminated': 3,
  'within a message': 3,
  'at a commit': 5,
  'before the answer to a commit': 5,
  silence: 1,
} as const;
type Fault = keyof typeof SHARES;

const ALL = Object.entries(SHARES).flatMap(([name, share]) =>
  Array<Fault>(share).fill(name as Fault),
);

export class DatabaseFaults {
  readonly #replicas: Replicas;
  readonly #chance: Chance;
  /** What came when, for whoever looks into a run that failed. */
  readonly #journal: string;
  readonly #counts = new Map<string, number>();

  constructor(run: Run, replicas: Replicas, chance: Chance) {
    this.#replicas = replicas;
    this.#chance = chance;
    this.#journal = join(run.folder, 'faults.log');
  }

  /** Does the next one; when it resolves, all is on its way to be good again. Gives its name. */
  async next(): Promise<string> {
    const fault = this.#chance.pick(ALL);
    if (this.#chance.happens(ROTATION_SHARE)) {
      const { rotation, areAllUnder } = this.#replicas;
      this.#note(await rotation.step(areAllUnder));
      if (this.#chance.happens(PEACE_SHARE)) await delay(this.#chance.next() * PEACE_MS);
    }
    this.#note(fault);
    await this.#make(fault);
    return fault;
  }

  /** How often each of them came. */
  get summary(): string {
    const counts = [...this.#counts].sort(([, a], [, b]) => b - a);
    return counts.map(([name, count]) => `${name} ${count}`).join(', ');
  }

  /** Ends all sessions, and waits until nothing of what they did is under way. */
  async endSessions(): Promise<void> {
    const pids = await this.#untilAnswered(`SELECT pid, pg_terminate_backend(pid) ${SESSIONS}`);
    const list = [-1, ...pids.map(({ pid }) => Number(pid))].join();
    const left = `SELECT 1 FROM pg_stat_activity WHERE pid IN (${list})`;
    await waitFor('sessions to end', async () => (await this.#untilAnswered(left)).length === 0);
  }

  async #make(fault: Fault): Promise<void> {
    const { postgres } = this.#replicas;
    if (fault === 'a replica killed') return this.#killReplica();
    if (fault === 'Postgres killed') return this.#restart(() => postgres.crash());
    if (fault === 'Postgres stopped at once') return this.#restart(() => postgres.kill());
    if (fault === 'a process of Postgres killed') return this.#killSession();
    if (fault === 'connections terminated') {
      const share = `${SESSIONS} AND random() < ${TERMINATED_SHARE}`;
      await this.#replicas.ask(`SELECT pg_terminate_backend(pid) ${share}`);
      return;
    }
    if (isBreak(fault)) this.#breakWays(fault);
  }

  async #killReplica(): Promise<void> {
    const replica = this.#chance.pick(this.#replicas.all);
    await replica.end('SIGKILL');
    replica.start();
  }

  async #restart(end: () => Promise<void>): Promise<void> {
    await end();
    await delay(this.#chance.next() * AWAY_MS);
    await this.#replicas.untilPostgresRuns();
  }

  /** Postgres ends all others then, and recovers by itself. */
  async #killSession(): Promise<void> {
    const pids = (await this.#replicas.ask(`SELECT pid ${SESSIONS}`)) ?? [];
    if (pids.length > 0) endNow(Number(this.#chance.pick(pids).pid));
  }

  #breakWays(how: Break): void {
    const { all } = this.#replicas;
    const broken = this.#chance.happens(EVERYWHERE_SHARE) ? all : [this.#chance.pick(all)];
    for (const { way } of broken) way.breakSo(how);
  }

  #note(name: string): void {
    appendFileSync(this.#journal, `${new Date().toISOString()} ${name}\n`);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  #untilAnswered(sql: string): Promise<Record<string, unknown>[]> {
    return waitFor('Postgres to answer', () => this.#replicas.ask(sql));
  }
}

const isBreak = (fault: Fault): fault is Break & Fault =>
  (BREAKS as readonly string[]).includes(fault);

/** What goes on while servers and database suffer. */
export interface Amid {
  readonly replicas: Replicas;
  readonly faults: DatabaseFaults;
  /** What befalls them is the same again for the same seed, however many answers come. */
  readonly chance: Chance;
}

/** Starts servers, and closes them when `play` is over; then it is told what befell them. */
export async function amidFaults<Told>(
  run: Run,
  size: { count: number; connections: number },
  play: (amid: Amid) => Promise<Told>,
): Promise<Told> {
  const chance = new Chance(run.chance.below(2 ** 32));
  const replicas = await Replicas.start({ run, chance, ...size });
  const faults = new DatabaseFaults(run, replicas, chance);
  const told = await play({ replicas, faults, chance });
  await replicas.close();
  run.print(`what befell them: ${faults.summary}`);
  return told;
}
