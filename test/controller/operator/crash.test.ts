// The operator is stopped dead before and after each of its writes, and started anew: whatever the moment,
// the end is the one that a run without any stop comes to, with the key that was made first.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DUMBKV, SECRET } from '../../../operator/api/resources.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { operatorClient } from '../../support/operator-run.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { type CrashPoint, type CrashResult, CrashRun, type Scenario } from './crash-run.ts';
import { countsOf, endStateOf } from './end-state.ts';

const controlPlane = useControlPlane();
let connection: ReturnType<typeof operatorClient>;
beforeAll(() => {
  connection = operatorClient(controlPlane());
});
afterAll(() => connection.close());

/** As many at once as two processors keep busy. */
const PARALLEL_RUNS = 4;
/** Sooner than the operator looks at everything again by time, which would hide what it missed. */
const END_LIMIT_MS = 15_000;

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
async function endOf(scenario: Scenario, crash?: CrashPoint, expected?: string): Promise<Ended> {
  const place = await makePlace(controlPlane(), 'crash');
  const run = new CrashRun(place, connection.client, crash);
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

/** Tries one crash point after the other, several at once, until a run makes no such write. */
async function eachCrashPoint(attempt: (crash: CrashPoint) => Promise<boolean>): Promise<number> {
  let tried = 0;
  let next = 0;
  let isOver = false;
  const take = async () => {
    while (!isOver) {
      const point = next++;
      const moment = point % 2 === 0 ? 'before' : 'after';
      if (await attempt({ write: Math.floor(point / 2) + 1, moment })) tried += 1;
      else isOver = true;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, take));
  return tried;
}

describe.each(SCENARIOS)('when $name', (scenario) => {
  it('comes to the same end, wherever the operator is stopped', async () => {
    const reference = await endOf(scenario);
    expect(reference.state).toContain('"reason": "Available"');
    const points: string[] = [];
    const tried = await eachCrashPoint(async (crash) => {
      const ended = await endOf(scenario, crash, reference.state);
      if (ended.crashedAt === undefined) return false;
      points.push(ended.crashedAt);
      expect(ended.state, `stopped ${ended.crashedAt}`).toBe(reference.state);
      expect(ended.counts).toEqual(reference.counts);
      expect(ended.sealingSecretsMade).toBe(reference.sealingSecretsMade);
      if (reference.sealingSecretsMade === 1) {
        expect(ended.sealingKey, `stopped ${ended.crashedAt}`).toBe(ended.firstSealingKey);
      }
      return true;
    });
    const shown = `when ${scenario.name}: ${reference.writes} writes, stopped at ${tried} points`;
    process.stdout.write(`${shown}\n${points.sort().join('\n')}\n`);
    expect(tried).toBeGreaterThanOrEqual(2 * (reference.writes - 1));
  });
});
