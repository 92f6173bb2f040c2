// Whether a history of concurrent operations on one object could have come from operations that
// take effect one at a time, each at a moment between its call and its return (Herlihy, Wing). The
// search is that of Wing and Gong, done in the order of returns as Lowe has it: an operation is put
// in place no sooner than a return needs it, and what was tried in vain is not tried again.
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
  /** All calls and returns before this one are explained. */
  readonly moment: number;
  readonly state: State;
  readonly certain: readonly number[];
  readonly uncertain: readonly number[];
}

/** A call or a return, with the operations that are under way then, its own among them. */
interface Moment {
  readonly number: number;
  readonly isCall: boolean;
  readonly reading: readonly number[];
  readonly changing: readonly number[];
}

/** Ways to go on with, by how far they have come. */
class OpenWays<State> {
  readonly #byMoment: Way<State>[][] = [];

  add(way: Way<State>): void {
    const ways = this.#byMoment[way.moment] ?? [];
    this.#byMoment[way.moment] = ways;
    const place = ways.findIndex(({ uncertain }) => uncertain.length > way.uncertain.length);
    ways.splice(place === -1 ? ways.length : place, 0, way);
  }

  /** One of those that came farthest. Who has spent little first makes others needless. */
  take(): Way<State> | undefined {
    while (this.#byMoment.length > 0) {
      const way = this.#byMoment.at(-1)?.shift();
      if (way !== undefined) return way;
      this.#byMoment.pop();
    }
    return undefined;
  }
}

/** The first operation, by its return, that fits in nowhere; undefined if the history is sound. */
export function firstMisfit<State, Action>(
  model: Model<State, Action>,
  operations: readonly Operation<Action>[],
): Operation<Action> | undefined {
  const search = new Search(model, operations);
  const misfit = search.run();
  return misfit === undefined ? undefined : operations[misfit];
}

class Search<State, Action> {
  readonly #model: Model<State, Action>;
  readonly #operations: readonly Operation<Action>[];
  readonly #moments: readonly Moment[];
  /** For each moment, state and set of certain ones: which uncertain ones were spent in vain. */
  readonly #met = new Map<string, (readonly number[])[]>();

  constructor(model: Model<State, Action>, operations: readonly Operation<Action>[]) {
    this.#model = model;
    this.#operations = operations;
    this.#moments = momentsOf(model, operations);
  }

  /** Goes on with the way that came farthest, of those with the one that spent least. */
  run(): number | undefined {
    const open = new OpenWays<State>();
    open.add({ moment: 0, state: this.#model.initial, certain: [], uncertain: [] });
    let farthest = 0;
    for (let way = open.take(); way !== undefined; way = open.take()) {
      const moment = this.#moments[way.moment];
      if (moment === undefined) return undefined;
      farthest = Math.max(farthest, way.moment);
      if (moment.isCall) open.add(this.#settled({ ...way, moment: way.moment + 1 }, moment));
      else if (this.#isNew(way)) for (const next of this.#waysToReturn(way, moment)) open.add(next);
    }
    return this.#moments[farthest]?.number;
  }

  /**
   * False where another way came as far with the same state, and had spent no operation of unknown
   * outcome that this one has not: it could go on in every way that this one can.
   */
  #isNew({ moment, state, certain, uncertain }: Way<State>): boolean {
    const name = `${moment}|${certain.join()}|${this.#model.nameOf(state)}`;
    const others = this.#met.get(name) ?? [];
    if (others.some((other) => other.every((one) => uncertain.includes(one)))) return false;
    this.#met.set(name, [...others, uncertain]);
    return true;
  }

  /** Ways to get past a return, or nearer to it, the likeliest first. */
  #waysToReturn(way: Way<State>, moment: Moment): Way<State>[] {
    const { number, changing } = moment;
    if (isDone(way, number)) return [returned(way, number)];
    const placed = changing.flatMap((one) => {
      const next = this.#placed(way, one);
      return next === undefined ? [] : [this.#settled(next, moment)];
    });
    // one of unknown outcome need not have taken effect
    const passedOver = this.#operations[number]?.isUncertain ? [returned(way, number)] : [];
    const isNear = (next: Way<State>) => isDone(next, number);
    return [...passedOver, ...placed.filter(isNear), ...placed.filter((next) => !isNear(next))];
  }

  #placed(way: Way<State>, number: number): Way<State> | undefined {
    const operation = this.#operations[number];
    if (operation === undefined || isDone(way, number)) return undefined;
    const state = this.#model.step(way.state, operation.action);
    if (state === undefined) return undefined;
    const place = operation.isUncertain ? 'uncertain' : 'certain';
    return { ...way, state, [place]: [...way[place], number].sort((a, b) => a - b) };
  }

  /** What changes nothing and fits in now may as well take effect now. */
  #settled(way: Way<State>, { reading }: Moment): Way<State> {
    return reading.reduce((settled, number) => this.#placed(settled, number) ?? settled, way);
  }
}

const isDone = ({ certain, uncertain }: Way<unknown>, number: number): boolean =>
  certain.includes(number) || uncertain.includes(number);

const returned = <State>(way: Way<State>, number: number): Way<State> => ({
  moment: way.moment + 1,
  state: way.state,
  certain: way.certain.filter((one) => one !== number),
  uncertain: way.uncertain.filter((one) => one !== number),
});

function momentsOf<State, Action>(
  model: Model<State, Action>,
  operations: readonly Operation<Action>[],
): Moment[] {
  const underWay = new Set<number>();
  const isReading = (number: number) => {
    const action = operations[number]?.action;
    return action !== undefined && model.changesNothing(action);
  };
  // those that return first are tried first, and those of unknown outcome last
  const urgency = (number: number) => {
    const { returned: at = 0, isUncertain = false } = operations[number] ?? {};
    return isUncertain ? Number.MAX_VALUE : at;
  };
  return operations
    .flatMap(({ called, returned: over }, number) => [
      { at: called, number, isCall: true },
      { at: over, number, isCall: false },
    ])
    .sort((a, b) => a.at - b.at)
    .map(({ number, isCall }) => {
      if (isCall) underWay.add(number);
      const reading = [...underWay].filter(isReading);
      const changing = [...underWay].filter((one) => !isReading(one));
      if (!isCall) underWay.delete(number);
      return {
        ...{ number, isCall, reading },
        changing: changing.sort((a, b) => urgency(a) - urgency(b)),
      };
    });
}
