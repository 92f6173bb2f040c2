// Counts and times of what happens thousands of times a second: numbers in place, with no labels to
// be made text of before somebody asks for them. Pure.
// Next: `metrics.ts` shows them to Prometheus.

/** How many of something there were, what they add up to, and how they spread. */
export class Tally {
  readonly bounds: readonly number[];
  count = 0;
  sum = 0;
  /** How many were in each bucket, up to its bound and above the bound before. */
  readonly #inBuckets: Float64Array;

  /** `bounds`: upper ends of the buckets, ascending. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#inBuckets = new Float64Array(bounds.length);
  }

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    if (at < bounds.length) this.#inBuckets[at] = (this.#inBuckets[at] ?? 0) + 1;
  }

  /** How many were at most each bound. */
  get upTo(): number[] {
    let sum = 0;
    return Array.from(this.#inBuckets, (count) => {
      sum += count;
      return sum;
    });
  }
}

export type Labels = Readonly<Record<string, string>>;

/** A value as the text format has it. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

/** A metric that is put together when it is asked for, in the form that a registry reads. */
export interface AskedMetric {
  readonly name: string;
  get(): Promise<{
    readonly name: string;
    readonly help: string;
    readonly type: 'counter' | 'histogram';
    readonly values: readonly Sample[];
  }>;
}

type Tallies = Iterable<readonly [Labels, Tally]>;

/** A counter whose values are read when it is asked for. */
export const askedCounter = (
  name: string,
  help: string,
  read: () => readonly Sample[],
): AskedMetric => ({
  name,
  get: async () => ({ name, help, type: 'counter', values: read() }),
});

/** A histogram over tallies. */
export const askedHistogram = (
  name: string,
  help: string,
  tallies: () => Tallies,
): AskedMetric => ({
  name,
  get: async () => ({ name, help, type: 'histogram', values: samplesOf(name, tallies()) }),
});

function samplesOf(name: string, tallies: Tallies): Sample[] {
  return [...tallies].flatMap(([labels, tally]) => {
    const metricName = `${name}_bucket`;
    const buckets = tally.upTo.map((value, at) => ({
      ...{ metricName, value, labels: { le: String(tally.bounds[at]), ...labels } },
    }));
    return [
      ...buckets,
      { metricName, value: tally.count, labels: { le: '+Inf', ...labels } },
      { metricName: `${name}_sum`, value: tally.sum, labels },
      { metricName: `${name}_count`, value: tally.count, labels },
    ];
  });
}
