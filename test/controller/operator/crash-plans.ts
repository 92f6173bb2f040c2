// Every moment at which the operator can be stopped in a scenario, several tried at once, and what
// must be the same at the end of all. crash.test.ts and crash-postgres.test.ts have the scenarios.
import { afterAll, beforeAll, expect } from 'vitest';
import { DUMBKV, SECRET } from '../../../operator/api/resources.ts';
import type { KubeClient } from '../../../operator/kube/client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { operatorClient } from '../../support/operator-run.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { type CrashResult, CrashRun, type Fate, type Scenario } from './crash-run.ts';
import { countsOf, endStateOf } from './end-state.ts';

/** Most of a run is waiting for the API server, so many go at once. */
const PARALLEL_RUNS = 12;
/** Sooner than the operator looks at everything again by time, which would hide what it missed. */
const END_LIMIT_MS = 12_000;

export const create =
  (spec = {}) =>
  (place: Place) =>
    place.dumbkv('orders', spec);
export const change = (spec: object) => (place: Place) => place.change(DUMBKV, 'orders', { spec });
export const remove = (place: Place) => place.remove(DUMBKV, 'orders');

/** What a run came to. */
export interface Ended extends CrashResult {
  state: string;
  counts: Record<string, number>;
  sealingKey: string;
}

/**
 * Runs a scenario to its end; with `expected`, until that is the end or time is over. `view`: what
 * the operator has in place of its client.
 */
export type EndOf = (
  scenario: Scenario,
  fate: Fate,
  expected?: string,
  view?: (client: KubeClient) => KubeClient,
) => Promise<Ended>;

/** How many points there were at which the operator was stopped, in one test file. */
let plans = 0;

/** A control plane for the whole of a test file, in which scenarios are run. */
export function useCrashes(): EndOf {
  const controlPlane = useControlPlane();
  let connection: ReturnType<typeof operatorClient>;
  beforeAll(() => {
    connection = operatorClient(controlPlane());
  });
  afterAll(async () => {
    show([`${plans} plans in this file, and the same end in all`]);
    await connection.close();
  });
  return async (scenario, fate, expected, view = (client) => client) => {
    const place = await makePlace(controlPlane(), 'crash');
    const run = new CrashRun(place, view(connection.client), fate);
    return endIn(place, { scenario, expected }, run);
  };
}

async function endIn(
  place: Place,
  { scenario, expected }: { scenario: Scenario; expected: string | undefined },
  run: CrashRun,
): Promise<Ended> {
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

/** Tries every fate, or whatever it is, several at once. */
export async function tryAll<T>(fates: T[], attempt: (fate: T) => Promise<void>): Promise<void> {
  const left = fates.values();
  const take = async () => {
    for (const fate of left) await attempt(fate);
  };
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, take));
}

/** That a run came to the same end as that in peace. */
export function expectSame(ended: Ended, reference: Ended, how = ''): void {
  const stopped = how || `stopped ${ended.stops.join(', ')}`;
  expect(ended.state, stopped).toBe(reference.state);
  expect(ended.counts, stopped).toEqual(reference.counts);
  expect(ended.sealingSecretsMade, stopped).toBe(reference.sealingSecretsMade);
  if (ended.sealingSecretsMade === 1) expect(ended.sealingKey, stopped).toBe(ended.firstSealingKey);
}

const show = (lines: string[]) => process.stdout.write(`${lines.join('\n')}\n`);

/** Stops a scenario at each of its moments. */
export async function stopEverywhere(scenario: Scenario, endOf: EndOf): Promise<void> {
  const reference = await endOf(scenario, () => false);
  expect(reference.state).toContain('"reason": "Available"');
  const stops: string[] = [];
  await tryAll(momentsOf(reference.writes), async (fate) => {
    const ended = await endOf(scenario, fate, reference.state);
    stops.push(...ended.stops);
    expectSame(ended, reference);
  });
  plans += stops.length;
  const writes = `${reference.writes} writes, stopped at ${stops.length} points`;
  show([`when ${scenario.name}: ${writes}`, ...stops.sort().map((stop) => `  ${stop}`)]);
  expect(stops.length).toBeGreaterThanOrEqual(2 * (reference.writes - 1));
}

/** Stops a scenario again and again, at a third of all moments, other ones in each run. */
export async function stopOften(scenario: Scenario, endOf: EndOf): Promise<void> {
  const reference = await endOf(scenario, () => false);
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
}
