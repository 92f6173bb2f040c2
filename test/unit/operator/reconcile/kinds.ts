// The kinds of DumbKV that reconcile must bring about and then leave alone; each test of that runs
// for all.
import { SECRET } from '../../../../operator/api/resources.ts';
import {
  databaseSecretOfUser,
  dumbkv,
  onExternal,
  userTokenSecret,
} from '../../../support/objects.ts';
import { clusterSecret, onCloudNativePg } from '../../../support/postgres-cluster.ts';
import { World } from './world.ts';

const worldOf = (spec: object) => () => new World(dumbkv({ spec }));

/** A new world for each kind of DumbKV, by what it asks. */
export const KINDS: [sentence: string, world: () => World][] = [
  ['a token that the operator makes', worldOf({})],
  ['no token', worldOf({ auth: { type: 'None' } })],
  [
    "the user's own tokens",
    () => {
      const world = worldOf({ auth: { tokenSecretRef: { name: 'my-tokens' } } })();
      world.client.put(SECRET, userTokenSecret());
      return world;
    },
  ],
  [
    'an Ingress with a certificate',
    worldOf({ ingress: { host: 'orders.example.com', tls: { issuer: 'le' } } }),
  ],
  [
    'a route of the Gateway API',
    worldOf({ httpRoute: { parentRefs: [{ name: 'public' }], hostnames: ['a.example.com'] } }),
  ],
  ['its data deleted with it', worldOf({ deletionPolicy: 'Delete' })],
  ['callers of its own', worldOf({ networkPolicy: { from: [{ podLabels: { app: 'shop' } }] } })],
  ['no network policy', worldOf({ networkPolicy: { type: 'Open' } })],
  ['to be suspended', worldOf({ suspended: true })],
  ['no replicas', worldOf({ replicas: 0 })],
  ['amounts in odd spellings', worldOf({ resources: { limits: { cpu: '0.7', memory: '1e9' } } })],
  ['an image of its own', worldOf({ image: 'registry.example.com/dumbkv/server:2' })],
  ['a Postgres that the operator runs', worldOf({ engine: 'postgres', replicas: 3 })],
  [
    'a Postgres of its own with parameters',
    worldOf({
      engine: 'postgres',
      postgres: { type: 'Managed', managed: { parameters: { work_mem: "8'MB" } } },
    }),
  ],
  [
    'its load to set its replicas',
    worldOf({
      engine: 'postgres',
      autoscaling: { minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 80 },
    }),
  ],
  ['a Postgres that sleeps', worldOf({ engine: 'postgres', suspended: true })],
  [
    "somebody else's Postgres",
    () => {
      const world = worldOf(onExternal)();
      world.client.put(SECRET, databaseSecretOfUser());
      return world;
    },
  ],
  [
    'a Postgres of CloudNativePG',
    () => {
      const template = {
        labels: { team: 'shop' },
        tolerations: [{ key: 'a', operator: 'Exists' }],
      };
      const world = worldOf({ ...onCloudNativePg(), template })();
      world.client.put(SECRET, clusterSecret());
      return world;
    },
  ],
  [
    'a Postgres of CloudNativePG that sleeps',
    () => {
      const world = worldOf({ ...onCloudNativePg({ instances: 1 }), suspended: true })();
      world.client.put(SECRET, clusterSecret());
      return world;
    },
  ],
  ['a volume of its own', worldOf({ storage: { className: '', volumeName: 'pv-1' } })],
];
