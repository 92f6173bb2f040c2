// What clients were told of the entries that they read, wrote and removed, and whether it could
// have come of operations that take effect one at a time. Used by the proofs of histories.
// Next: `linearizable.ts` judges each key's history.
import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from './chance.ts';
import { type Outcome, type Seen, sendWanted, type Wanted } from './entry-client.ts';
import type { HttpClient } from './http-client.ts';
import { firstMisfit, type Operation } from './linearizable.ts';
import type { Run } from './proof.ts';
import { type Action, register } from './register.ts';

/** Shares of operations: what is left are reads. */
const PUT_SHARE = 0.45;
const REMOVE_SHARE = 0.15;
const CONDITION_SHARE = 0.6;
const AFTER_REFUSAL_MS = 100;

type Mutable = { -readonly [P in keyof Operation<Action>]: Operation<Action>[P] };

/** What is known so far, over all rounds. */
export class History {
  readonly #byKey = new Map<string, Mutable[]>();
  readonly #valueOf = new Map<string, string>();
  #now = 0;
  #count = 0;

  /** How many operations have had an answer that says something. */
  get count(): number {
    return this.#count;
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
    this.#count += 1;
    // one of unknown outcome may take effect until the end of the round
    const returned = isUncertain ? Number.POSITIVE_INFINITY : this.moment();
    const operations = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, operations);
    operations.push({ action, called, returned, isUncertain });
  }

  /** Nothing is under way any more: what has not taken effect never will. */
  endRound(): void {
    for (const operation of this.#operations) {
      if (operation.returned === Number.POSITIVE_INFINITY) operation.returned = this.moment();
    }
  }

  /** Throws where a key's history cannot be explained. */
  expectLinearizable({ progress }: Run): void {
    for (const [key, operations] of this.#byKey) {
      const misfit = firstMisfit(register, operations);
      if (misfit !== undefined) throw notLinearizable(key, misfit, operations);
      progress(`${key}: ${operations.length} operations are linearizable`);
    }
  }

  /** To be told once all of them fit. */
  summary(ofWhat: string): string {
    const operations = this.#operations;
    const uncertain = operations.filter(({ isUncertain }) => isUncertain).length;
    const isRefused = ({ action }: Mutable) =>
      action.kind !== 'get' && action.outcome === 'refused';
    return (
      `${operations.length} operations ${ofWhat}, ${operations.filter(isRefused).length} refused ` +
      `by their condition, ${uncertain} of unknown outcome: linearizable`
    );
  }

  get #operations(): Mutable[] {
    return [...this.#byKey.values()].flat();
  }
}

function notLinearizable(
  key: string,
  misfit: Operation<Action>,
  operations: readonly Operation<Action>[],
): Error {
  const near = operations
    .filter(({ called, returned }) => returned > misfit.called - 60 && called < misfit.returned)
    .sort((a, b) => a.called - b.called)
    .map((one) => JSON.stringify(one));
  return new Error(
    `${key} is not linearizable: nothing explains ${JSON.stringify(misfit)} after\n` +
      near.slice(-40).join('\n'),
  );
}

interface Parts {
  readonly history: History;
  readonly chance: Chance;
  readonly keys: number;
  /** With which all its values begin; no other session has it. */
  readonly name: string;
}

/** One client, which waits for each answer, and remembers which version of a key it saw last. */
export class Session {
  readonly #parts: Parts;
  readonly #seen = new Map<string, Seen>();
  #count = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async step(client: HttpClient): Promise<void> {
    const { history, chance, keys } = this.#parts;
    const key = `key ${chance.below(keys)}`;
    const wanted = this.#wanted(chance, this.#seen.get(key));
    const called = history.moment();
    const outcome = await sendWanted(client, key, wanted);
    history.note(key, called, outcome);
    if (outcome.seen !== undefined) this.#seen.set(key, outcome.seen);
    if (outcome.status === 0 || outcome.status >= 500) await delay(AFTER_REFUSAL_MS);
  }

  #wanted(chance: Chance, seen: Seen | undefined): Wanted {
    const kind = chance.next();
    const hasCondition = chance.happens(CONDITION_SHARE);
    if (kind < PUT_SHARE) {
      this.#count += 1;
      const value = `${this.#parts.name} ${this.#count}`;
      const condition = chance.happens(0.5) ? 'none' : seen;
      return hasCondition ? { kind: 'put', value, condition } : { kind: 'put', value };
    }
    if (kind > PUT_SHARE + REMOVE_SHARE) return { kind: 'get' };
    return hasCondition ? { kind: 'remove', condition: seen } : { kind: 'remove' };
  }
}
