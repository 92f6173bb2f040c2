// Proof: for each key, what clients were told could have come of operations that take effect one at
// a time, while the server is killed, stopped, and meets failures of the disk.
// Next: `linearizable.ts` judges each key's history.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchServer, type ServerProcess } from '../server/support/launched-server.ts';
import type { Chance } from './chance.ts';
import { EntryClient, type Outcome, type Seen, type Wanted } from './entry-client.ts';
import { firstMisfit, type Operation } from './linearizable.ts';
import type { Proof, Run } from './proof.ts';
import { type Action, register } from './register.ts';
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

/** Shares of operations: what is left are reads. */
const PUT_SHARE = 0.45;
const REMOVE_SHARE = 0.15;
const CONDITION_SHARE = 0.6;
const AFTER_REFUSAL_MS = 100;

type Mutable = { -readonly [P in keyof Operation<Action>]: Operation<Action>[P] };

/** What is known so far, over all rounds. */
class History {
  readonly byKey = new Map<string, Mutable[]>();
  readonly #valueOf = new Map<string, string>();
  #now = 0;

  get operations(): Mutable[] {
    return [...this.byKey.values()].flat();
  }

  moment(): number {
    this.#now += 1;
    return this.#now;
  }

  /** Throws where a version stands for two values. */
  note(key: string, called: number, { action, isUncertain, seen }: Outcome): void {
    if (seen !== undefined) {
      const value = this.#valueOf.get(`${key} ${seen.version}`) ?? seen.value;
      this.#valueOf.set(`${key} ${seen.version}`, value);
      if (value !== seen.value) throw new Error(`${key}: ${seen.version} stands for two values`);
    }
    if (action === undefined) return;
    // one of unknown outcome may take effect as long as this server lives
    const returned = isUncertain ? Number.POSITIVE_INFINITY : this.moment();
    const operations = this.byKey.get(key) ?? [];
    this.byKey.set(key, operations);
    operations.push({ action, called, returned, isUncertain });
  }

  /** The server is gone: what has not taken effect never will. */
  endRound(): void {
    for (const operation of this.operations) {
      if (operation.returned === Number.POSITIVE_INFINITY) operation.returned = this.moment();
    }
  }
}

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
      run.progress(`${round + 1} of ${rounds} rounds, ${history.operations.length} operations`);
    }
    for (const [key, all] of history.byKey) {
      expectLinearizable(key, all);
      run.progress(`${key}: ${all.length} operations are linearizable`);
    }
    const uncertain = history.operations.filter(({ isUncertain }) => isUncertain).length;
    const refused = history.operations.filter(
      ({ action }) => action.kind !== 'get' && action.outcome === 'refused',
    ).length;
    const count = history.operations.length;
    return (
      `${count} operations of ${clients} clients on ${keys} keys over ${rounds} rounds, ` +
      `${refused} refused by their condition, ${uncertain} of unknown outcome: linearizable`
    );
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
  const client = new EntryClient(await server.url(), load.clients);
  const state = { left: load.operations, isGone: false };
  const ending = async () => {
    await delay(run.chance.next() * 20);
    await server.end(end);
    state.isGone = true;
  };
  let ended: Promise<void> | undefined;
  const one = async (number: number) => {
    const session = new Session({ ...load, run, history, client }, number);
    while (!state.isGone) {
      state.left -= 1;
      // the end comes while operations are under way
      if (state.left === 0) ended = ending();
      await session.step();
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

interface Parts extends Load {
  readonly run: Run;
  readonly history: History;
  readonly client: EntryClient;
}

/** One client, which waits for each answer, and remembers which version of a key it saw last. */
class Session {
  readonly #parts: Parts;
  readonly #number: number;
  readonly #seen = new Map<string, Seen>();
  #count = 0;

  constructor(parts: Parts, number: number) {
    this.#parts = parts;
    this.#number = number;
  }

  async step(): Promise<void> {
    const { history, client, run } = this.#parts;
    const key = `key ${run.chance.below(this.#parts.keys)}`;
    const wanted = this.#wanted(run.chance, this.#seen.get(key));
    const called = history.moment();
    const outcome = await client.send(key, wanted);
    history.note(key, called, outcome);
    if (outcome.seen !== undefined) this.#seen.set(key, outcome.seen);
    if (outcome.status === 0 || outcome.status >= 500) await delay(AFTER_REFUSAL_MS);
  }

  #wanted(chance: Chance, seen: Seen | undefined): Wanted {
    const kind = chance.next();
    const hasCondition = chance.happens(CONDITION_SHARE);
    if (kind < PUT_SHARE) {
      this.#count += 1;
      const value = `${this.#parts.round} ${this.#number} ${this.#count}`;
      const condition = chance.happens(0.5) ? 'none' : seen;
      return hasCondition ? { kind: 'put', value, condition } : { kind: 'put', value };
    }
    if (kind > PUT_SHARE + REMOVE_SHARE) return { kind: 'get' };
    return hasCondition ? { kind: 'remove', condition: seen } : { kind: 'remove' };
  }
}

function expectLinearizable(key: string, operations: readonly Operation<Action>[]): void {
  const misfit = firstMisfit(register, operations);
  if (misfit === undefined) return;
  const near = operations
    .filter(({ called, returned }) => returned > misfit.called - 60 && called < misfit.returned)
    .sort((a, b) => a.called - b.called)
    .map((one) => JSON.stringify(one));
  throw new Error(
    `${key} is not linearizable: nothing explains ${JSON.stringify(misfit)} after\n` +
      near.slice(-40).join('\n'),
  );
}
