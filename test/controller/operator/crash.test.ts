// The operator is stopped dead before and after each of its writes, and started anew: whatever the
// moment, the end is the one that a run without any stop comes to, with the key that was made
// first.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DUMBKV, SECRET } from '../../../operator/api/resources.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { operatorClient } from '../../support/operator-run.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { type CrashResult, CrashRun, type Fate, type Scenario } from './crash-run.ts';
import { countsOf, endStateOf } from './end-state.ts';

const controlPlane = useControlPlane();
let connection: ReturnType<typeof operatorClient>;
beforeAll(() => {
  connection = operatorClient(controlPlane());
});
afterAll(() => connection.close());

/** Most of a run is waiting for the API server, so many go at once. */
const PARALLEL_RUNS = 12;
/** Sooner than the operator looks at everything again by time, which would hide what it missed. */
const END_LIMIT_MS = 12_000;

const create =
  (spec = {}) =>
  (place: Place) =>
    place.dumbkv('orders', spec);
const change = (spec: object) => (place: Place) => place.change(DUMBKV, 'orders', { spec });
const remove = (place: Place) => place.remove(DUMBKV, 'orders');
const EXPOSED = { ingress: { host: 'orders.example.com' } };

const SCENARIOS: Scenario[] = [
  {
    name: 'an exposed instance whose data goes with it is made',
    before: [],
    steps: [create({ ...EXPOSED, deletionPolicy: 'Delete' })],
  },
  {
    name: 'what is asked changes: image, exposure, deletion policy and back',
    before: [create(EXPOSED)],
    steps: [
      change({ image: 'images.example/dumbkv-server:2' }),
      change({ ingress: null }),
      change({ deletionPolicy: 'Delete' }),
      change({ deletionPolicy: 'Retain' }),
    ],
  },
  {
    name: 'an instance is deleted, and a new one of its name adopts the data',
    before: [create(), remove],
    steps: [create()],
  },
  {
    name: 'a new instance comes before the children of the old one are gone',
    before: [create(EXPOSED)],
    steps: [
      async (place) => {
        await remove(place);
        await create(EXPOSED)(place);
      },
    ],
  },
  {
    name: 'an instance is deleted with its data, and made anew at once',
    before: [create({ deletionPolicy: 'Delete' })],
    steps: [
      async (place) => {
        await remove(place);
        await create({ deletionPolicy: 'Delete' })(place);
      },
    ],
  },
  {
    name: 'an instance is suspended and resumed',
    before: [create()],
    steps: [change({ suspended: true }), change({ suspended: false })],
  },
];

interface Ended extends CrashResult {
  state: string;
  counts: Record<string, number>;
  sealingKey: string;
}

/** Runs a scenario to its end; with `expected`, until that is the end or time is over. */
async function endOf(scenario: Scenario, fate: Fate, expected?: string): Promise<Ended> {
  const place = await makePlace(controlPlane(), 'crash');
  const run = new CrashRun(place, connection.client, fate);
  try {
    const result = await run.play(scenario);
    let state = '';
    const isThere = async () => {
      while (await run.settle());
      state = await endStateOf(place);
      return expected === undefined ? state.includes('"Available"') : state === expected;
    };
    await until('the end is reached', isThere, END_LIMIT_MS).catch(() => undefined);
    const secret = await place.get(SECRET, 'orders-sealing');
    const counts = await countsOf(place);
    return { ...result, state, counts, sealingKey: secret.data['sealing-key'] };
  } finally {
    await run.stop();
  }
}

/**
 * Every moment at which a run with so many writes can be stopped, and two more for one that has
 * more.
 */
function momentsOf(writes: number): Fate[] {
  const each = Array.from({ length: writes + 1 }, (_, index) => index + 1);
  return each.flatMap((at) =>
    (['before', 'after'] as const).map(
      (stopMoment): Fate =>
        (write, moment) =>
          write === at && moment === stopMoment,
    ),
  );
}

/** Tries every fate, several at once. */
async function tryAll(fates: Fate[], attempt: (fate: Fate) => Promise<void>): Promise<void> {
  const left = fates.values();
  const take = async () => {
    for (const fate of left) await attempt(fate);
  };
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, take));
}

function expectSame(ended: Ended, reference: Ended): void {
  const stopped = `stopped ${ended.stops.join(', ')}`;
  expect(ended.state, stopped).toBe(reference.state);
  expect(ended.counts, stopped).toEqual(reference.counts);
  expect(ended.sealingSecretsMade, stopped).toBe(reference.sealingSecretsMade);
  if (ended.sealingSecretsMade === 1) expect(ended.sealingKey, stopped).toBe(ended.firstSealingKey);
}

const show = (lines: string[]) => process.stdout.write(`${lines.join('\n')}\n`);

describe.each(SCENARIOS)('when $name', (scenario) => {
  it('comes to the same end, wherever the operator is stopped', async () => {
    const reference = await endOf(scenario, () => false);
    expect(reference.state).toContain('"reason": "Available"');
    const stops: string[] = [];
    await tryAll(momentsOf(reference.writes), async (fate) => {
      const ended = await endOf(scenario, fate, reference.state);
      stops.push(...ended.stops);
      expectSame(ended, reference);
    });
    const writes = `${reference.writes} writes, stopped at ${stops.length} points`;
    show([`when ${scenario.name}: ${writes}`, ...stops.sort().map((stop) => `  ${stop}`)]);
    expect(stops.length).toBeGreaterThanOrEqual(2 * (reference.writes - 1));
  });
});

describe('when it is stopped again and again', () => {
  it.each(SCENARIOS.slice(0, 3))('comes to the same end: $name', async (scenario) => {
    const reference = await endOf(scenario, () => false);
    // a third of all moments, other ones in each run
    const fates = [0, 1, 2].map(
      (run): Fate =>
        (write, moment) =>
          (write * 7 + run + (moment === 'before' ? 1 : 2)) % 3 === 0,
    );
    const ends = await Promise.all(fates.map((fate) => endOf(scenario, fate, reference.state)));
    for (const ended of ends) {
      expectSame(ended, reference);
      expect(ended.stops.length).toBeGreaterThan(2);
    }
    show([`when ${scenario.name}: stopped ${ends.map(({ stops }) => stops.length)} times`]);
  });
});
