// The same for instances on Postgres, the operator's own and somebody else's: the operator is
// stopped dead before and after each of its writes, and the end is always the same.
import { describe, it } from 'vitest';
import { SECRET } from '../../../operator/api/resources.ts';
import type { Place } from '../../support/place.ts';
import { change, create, remove, stopEverywhere, stopOften, useCrashes } from './crash-plans.ts';
import type { Scenario } from './crash-run.ts';

const endOf = useCrashes();

const MANAGED = { engine: 'postgres', replicas: 2 };
const external = { urlSecretRef: { name: 'my-database' } };
const EXTERNAL = { engine: 'postgres', postgres: { type: 'External', external } };

const createWithSecret = async (place: Place) => {
  const metadata = { name: 'my-database', labels: { 'dumbkv.dev/instance': 'orders' } };
  await place.make(SECRET, { metadata, stringData: { url: 'postgres://app@db.example.com/app' } });
  await create(EXTERNAL)(place);
};

const SCENARIOS: Scenario[] = [
  {
    name: 'an instance on managed Postgres is made',
    before: [],
    steps: [create({ ...MANAGED, deletionPolicy: 'Delete' })],
  },
  {
    name: 'an instance on managed Postgres is deleted, and a new one adopts the data',
    before: [create(MANAGED), remove],
    steps: [create(MANAGED)],
  },
  {
    name: 'one on managed Postgres changes: parameters, replicas, rest, and back',
    before: [create(MANAGED)],
    steps: [
      change({ postgres: { managed: { parameters: { work_mem: '8MB' } } } }),
      change({ replicas: 1, networkPolicy: { type: 'Open' } }),
      change({ suspended: true }),
      change({ suspended: false, networkPolicy: { type: 'Restricted' } }),
    ],
  },
  {
    name: 'an instance on managed Postgres is deleted with its data, and made anew at once',
    before: [create({ ...MANAGED, deletionPolicy: 'Delete' })],
    steps: [
      async (place) => {
        await remove(place);
        await create({ ...MANAGED, deletionPolicy: 'Delete' })(place);
      },
    ],
  },
  {
    name: 'an instance on the Postgres of somebody else is made, scaled and suspended',
    before: [],
    steps: [
      createWithSecret,
      change({ replicas: 3 }),
      change({ replicas: 0 }),
      change({ replicas: 2 }),
    ],
  },
];

describe.each(SCENARIOS)('when $name', (scenario) => {
  it('comes to the same end, wherever the operator is stopped', () =>
    stopEverywhere(scenario, endOf));
});

describe('when it is stopped again and again', () => {
  it.each(SCENARIOS.slice(0, 2))('comes to the same end: $name', (scenario) =>
    stopOften(scenario, endOf),
  );
});
