// The operator is stopped dead before and after each of its writes, and started anew: whatever the
// moment, the end is the one that a run without any stop comes to, with the key that was made
// first.
import { describe, it } from 'vitest';
import { stopEverywhere, stopOften, useCrashes } from './crash-plans.ts';
import { SCENARIOS } from './crash-scenarios.ts';

const endOf = useCrashes();
describe.each(SCENARIOS)('when $name', (scenario) => {
  it('comes to the same end, wherever the operator is stopped', () =>
    stopEverywhere(scenario, endOf));
});

describe('when it is stopped again and again', () => {
  it.each(SCENARIOS.slice(0, 3))('comes to the same end: $name', (scenario) =>
    stopOften(scenario, endOf),
  );
});
