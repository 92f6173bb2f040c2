// What users do in the lives of instances, for tests that disturb the operator meanwhile: wherever
// it is disturbed, the end must be the one that a run in peace comes to. crash.test.ts stops it,
// ../chaos/caches.test.ts has its caches lie to it.
import { CLAIM, DUMBKV } from '../../../operator/api/resources.ts';
import type { Place } from '../../support/place.ts';
import { change, create, remove } from './crash-plans.ts';
import type { Scenario } from './crash-run.ts';

const EXPOSED = { ingress: { host: 'orders.example.com' } };

const annotate = (value: string) => (place: Place) =>
  place.change(DUMBKV, 'orders', {
    metadata: { annotations: { 'dumbkv.dev/rotate-token': value } },
  });

/** Plays the controller that makes volumes larger. */
const resizeTo = (storage: string) => (place: Place) =>
  place.setStatus(CLAIM, 'orders-data', { capacity: { storage } });
const growTo = (size: string) => change({ storage: { size } });

export const SCENARIOS: Scenario[] = [
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
    name: 'the volume of an instance grows, and grows again',
    before: [
      async (place) => {
        const className = `grows-${place.namespace}`;
        await place.storageClass(className, true);
        await create({ storage: { className } })(place);
      },
    ],
    steps: [growTo('2Gi'), resizeTo('2Gi'), growTo('4Gi')],
  },
  {
    name: 'the token of an instance is rotated, and rotated again',
    before: [create()],
    steps: [annotate('once'), annotate('twice')],
  },
  {
    name: 'an instance is suspended and resumed',
    before: [create()],
    steps: [change({ suspended: true }), change({ suspended: false })],
  },
];
