// The operator's caches lie to it for a while: events are missed, doubled or in another order,
// lists are those of before. Whatever it does about that, the end is the one of a run in peace,
// nothing is deleted that is not the very object that was looked at, and no key is made twice.
import { describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../operator/kube/client.ts';
import { expectSame, tryAll, useCrashes } from '../operator/crash-plans.ts';
import type { Scenario } from '../operator/crash-run.ts';
import { SCENARIOS } from '../operator/crash-scenarios.ts';
import { DistortingClient, type Lie } from './distorting-client.ts';
import { figureOf, print } from './form.ts';

/** So many events or writes lie between two lies of one kind. */
const APART = figureOf(13, 1);
const LAST_EVENT = 40;
const LAST_WRITE = 14;

const endOf = useCrashes();

const every = (kind: Lie['kind'], last: number, first: number): Lie[] =>
  Array.from({ length: last }, (_, index) => ({ kind, at: index + 1 })).filter(
    ({ at }) => at % APART === first % APART,
  );

/** Other moments for each scenario, so that all together meet most. */
const liesFor = (number: number): Lie[] => [
  ...every('missed', LAST_EVENT, number),
  ...every('doubled', LAST_EVENT, number + 3),
  ...every('reordered', LAST_EVENT, number + 6),
  ...every('travelled', LAST_WRITE, number + 9),
];

async function lieTo(scenario: Scenario, lies: Lie[]): Promise<void> {
  const reference = await endOf(scenario, () => false);
  const met: string[] = [];
  await tryAll(lies, async (lie) => {
    const distorting = new DistortingClient(lie);
    const view = (client: KubeClient) => distorting.over(client);
    const ended = await endOf(scenario, () => false, reference.state, view);
    expectSame(ended, reference, `${lie.kind} at ${lie.at}`);
    for (const { uid, resourceVersion } of distorting.removals) {
      expect([uid, resourceVersion]).toEqual([expect.any(String), expect.any(String)]);
    }
    if (distorting.hasLied) met.push(lie.kind);
  });
  const figures = ['missed', 'doubled', 'reordered', 'travelled'].map(
    (kind) => `${met.filter((one) => one === kind).length} ${kind}`,
  );
  print(`caches that lie, when ${scenario.name}: ${figures.join(', ')}: the same end in all`);
  expect(met.length).toBeGreaterThan(0);
}

describe('caches that lie', () => {
  it.each(SCENARIOS.map((scenario, number) => ({ scenario, number })))(
    'come to the same end when $scenario.name',
    ({ scenario, number }) => lieTo(scenario, liesFor(number)),
  );
});
