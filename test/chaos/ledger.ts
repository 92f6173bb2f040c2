// What may be stored under each key: the state that was acknowledged last, and the states of later
// writes whose outcome nobody knows. Each key has one writer, which waits for each answer.
// Used by every proof that asks whether an acknowledged write is still there.
import { createHash } from 'node:crypto';

/** A value, or undefined for none. */
export type State = string | undefined;

interface Known {
  acknowledged: State;
  uncertain: State[];
}

export class Ledger {
  readonly #keys = new Map<string, Known>();
  #acknowledgedCount = 0;

  /** How many writes were acknowledged. */
  get acknowledgedCount(): number {
    return this.#acknowledgedCount;
  }

  get keys(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** Another ledger that knows the same. */
  copy(): Ledger {
    const copy = new Ledger();
    for (const [key, { acknowledged, uncertain }] of this.#keys) {
      copy.#keys.set(key, { acknowledged, uncertain: [...uncertain] });
    }
    copy.#acknowledgedCount = this.#acknowledgedCount;
    return copy;
  }

  /** A write was sent; until it is acknowledged, either state may be there. */
  sent(key: string, state: State): void {
    this.#known(key).uncertain.push(state);
  }

  acknowledged(key: string, state: State): void {
    this.#acknowledgedCount += 1;
    this.settle(key, state);
  }

  /** The same of the write that was sent last. */
  acknowledgedLast(key: string): void {
    this.acknowledged(key, this.#known(key).uncertain.at(-1));
  }

  /** The write that was sent last had certainly no effect. */
  refused(key: string): void {
    this.#known(key).uncertain.pop();
  }

  /** What was found there is there. */
  settle(key: string, state: State): void {
    this.#keys.set(key, { acknowledged: state, uncertain: [] });
  }

  /** What was acknowledged last. */
  stateOf(key: string): State {
    return this.#known(key).acknowledged;
  }

  allows(key: string, state: State): boolean {
    const { acknowledged, uncertain } = this.#known(key);
    return state === acknowledged || uncertain.includes(state);
  }

  /** What is wrong about finding this state; undefined where nothing is. */
  complaint(key: string, found: State): string | undefined {
    if (this.allows(key, found)) return undefined;
    const { acknowledged, uncertain } = this.#known(key);
    const allowed = [acknowledged, ...uncertain].map(brief).join(' or ');
    return `${key}: found ${brief(found)}, but ${allowed} must be there`;
  }

  #known(key: string): Known {
    const known = this.#keys.get(key) ?? { acknowledged: undefined, uncertain: [] };
    this.#keys.set(key, known);
    return known;
  }
}

/** A value that is told from all others: it names its key and its place, then fills up. */
export function valueFor(key: string, place: number, lengthBytes: number): string {
  const name = `${key} ${place} `;
  const seal = createHash('sha256').update(name).digest('hex');
  return name + seal.repeat(Math.ceil(lengthBytes / seal.length)).slice(0, lengthBytes);
}

const brief = (state: State): string =>
  state === undefined ? 'nothing' : `"${state.slice(0, 40)}" (${state.length} characters)`;
