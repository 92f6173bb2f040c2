// The operator is stopped dead before and after each of its writes, and started anew: whatever the
// moment, the end is the one that a run without any stop comes to, with the key that was made
// first.
import { describe, it } from 'vitest';
import { change, create, remove, stopEverywhere, stopOften, useCrashes } from './crash-plans.ts';
import type { Scenario } from './crash-run.ts';

const endOf = useCrashes();

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

describe.each(SCENARIOS)('when $name', (scenario) => {
  it('comes to the same end, wherever the operator is stopped', () =>
    stopEverywhere(scenario, endOf));
});

describe('when it is stopped again and again', () => {
  it.each(SCENARIOS.slice(0, 3))('comes to the same end: $name', (scenario) =>
    stopOften(scenario, endOf),
  );
});
