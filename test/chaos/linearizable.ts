// Whether a history of concurrent operations on one object could have come from operations that
// take effect one at a time, each at a moment between its call and its return (Herlihy, Wing). The
// search is that of Wing and Gong, done in the order of returns as Lowe has it: an operation is put
// in place no sooner than a return needs it, and states that were met before are not met again.
// Next: `register.ts` is the object that the server claims to be.

/** An object: what each operation makes of a state. */
export interface Model<State, Action> {
  readonly initial: State;
  /** The state after an operation; undefined where it cannot have had its outcome in this state. */
  step(state: State, action: Action): State | undefined;
  /** Whether an operation with this outcome leaves every state as it is. */
  changesNothing(action: Action): boolean;
  /** The same text for the same state, and only then. */
  nameOf(state: State): string;
}

export interface Operation<Action> {
  readonly action: Action;
  /** Moments, no two of which are the same. */
  readonly called: number;
  /** When it was over. For one of unknown outcome: from when on it cannot take effect any more. */
  readonly returned: number;
  /** Whether it took effect at all is not known. */
  readonly isUncertain: boolean;
}

/** How far one way of ordering has come: which of the operations under way have taken effect. */
interface Way<State> {
  readonly state: State;
  readonly certain: readonly number[];
  readonly uncertain: readonly number[];
}

/** Ways of which none makes another needless. */
class Ways<State> {
  readonly #name: (state: State) => string;
  readonly #ways = new Map<string, Way<State>[]>();

  constructor(name: (state: State) => string) {
    this.#name = name;
  }

  get all(): Way<State>[] {
    return [...this.#ways.values()].flat();
  }

  /**
   * False where another way is as good: it has the same state, and has spent no operation of
   * unknown outcome that this one has not, and so can go on in every way that this one can.
   */
  add(way: Way<State>): boolean {
    const name = `${way.certain.join()}|${this.#name(way.state)}`;
    const others = this.#ways.get(name) ?? [];
    if (others.some((other) => isWithin(other.uncertain, way.uncertain))) return false;
    const kept = others.filter((other) => !isWithin(way.uncertain, other.uncertain));
    this.#ways.set(name, [...kept, way]);
    return true;
  }
}

const isWithin = (some: readonly number[], all: readonly number[]): boolean =>
  some.every((one) => all.includes(one));

const without = (numbers: readonly number[], one: number): number[] =>
  numbers.filter((other) => other !== one);

class Search<State, Action> {
  readonly #model: Model<State, Action>;
  readonly #operations: readonly Operation<Action>[];
  readonly #underWay = new Set<number>();
  #ways: Way<State>[];

  constructor(model: Model<State, Action>, operations: readonly Operation<Action>[]) {
    this.#model = model;
    this.#operations = operations;
    this.#ways = [{ state: model.initial, certain: [], uncertain: [] }];
  }

  call(number: number): void {
    this.#underWay.add(number);
    this.#ways = this.#collected(this.#ways.map((way) => this.#settled(way))).all;
  }

  /** False if the operation fits in nowhere. */
  return(number: number): boolean {
    const isUncertain = this.#operations[number]?.isUncertain === true;
    const [met, left] = [this.#collected([]), this.#collected([])];
    const open = [...this.#ways];
    for (let way = open.shift(); way !== undefined; way = open.shift()) {
      if (!met.add(way)) continue;
      const isDone = way.certain.includes(number) || way.uncertain.includes(number);
      // one of unknown outcome need not have taken effect
      if (isDone || isUncertain) left.add(forgetting(way, number));
      if (!isDone) open.push(...this.#goneOn(way));
    }
    this.#underWay.delete(number);
    this.#ways = left.all;
    return this.#ways.length > 0;
  }

  #collected(ways: readonly Way<State>[]): Ways<State> {
    const collected = new Ways<State>((state) => this.#model.nameOf(state));
    for (const way of ways) collected.add(way);
    return collected;
  }

  /** The ways that come of it when one more operation takes effect. */
  #goneOn(way: Way<State>): Way<State>[] {
    return [...this.#underWay].flatMap((number) => {
      const next = this.#placed(way, number);
      return next === undefined ? [] : [this.#settled(next)];
    });
  }

  #placed(way: Way<State>, number: number): Way<State> | undefined {
    const operation = this.#operations[number];
    if (operation === undefined || way.certain.includes(number)) return undefined;
    if (way.uncertain.includes(number)) return undefined;
    const state = this.#model.step(way.state, operation.action);
    if (state === undefined) return undefined;
    const place = operation.isUncertain ? 'uncertain' : 'certain';
    const placed = [...way[place], number].sort((a, b) => a - b);
    return { ...way, state, [place]: placed };
  }

  /** What changes nothing and fits in now may as well take effect now. */
  #settled(way: Way<State>): Way<State> {
    return [...this.#underWay].reduce((settled, number) => {
      const operation = this.#operations[number];
      if (operation === undefined || !this.#model.changesNothing(operation.action)) return settled;
      return this.#placed(settled, number) ?? settled;
    }, way);
  }
}

const forgetting = <State>(way: Way<State>, number: number): Way<State> => ({
  state: way.state,
  certain: without(way.certain, number),
  uncertain: without(way.uncertain, number),
});

/** The first operation, by its return, that fits in nowhere; undefined if the history is sound. */
export function firstMisfit<State, Action>(
  model: Model<State, Action>,
  operations: readonly Operation<Action>[],
): Operation<Action> | undefined {
  const search = new Search(model, operations);
  const moments = operations.flatMap(({ called, returned }, number) => [
    { at: called, number, isCall: true },
    { at: returned, number, isCall: false },
  ]);
  for (const { number, isCall } of moments.sort((a, b) => a.at - b.at)) {
    if (isCall) search.call(number);
    else if (!search.return(number)) return operations[number];
  }
  return undefined;
}
