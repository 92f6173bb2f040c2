// How every documented reason comes about: for each one a world, brought to where its status shows
// that reason. problems.test.ts looks at what is shown; the compiler sees to it that no reason is
// left out.

import type {
  OTHER_REASONS,
  STALLED_REASONS,
  WAITING_REASONS,
} from '../../../../operator/api/conditions.ts';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  HTTP_ROUTE,
  INGRESS,
  POD,
  SECRET,
  SERVICE,
} from '../../../../operator/api/resources.ts';
import { objectKey } from '../../../../operator/kube/resource.ts';
import { contentionLimits } from '../../../../operator/limits.ts';
import type { ProbeAnswer } from '../../../../operator/status/reach.ts';
import { altered } from '../../../support/alteration.ts';
import {
  base64,
  boundClaim,
  databaseSecretOfUser,
  dumbkv,
  exposedDumbkv,
  OTHER_SEALING_KEY,
  onExternal,
  podWithContainer,
  readyPod,
  sealingSecretAsRead,
} from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { after, crash, type Example, onArrival, podIs } from './example.ts';
import { shortOfReplicas, withoutClusters } from './example-clusters.ts';
import { grownInVain, olderWith, ROUTED, routed, SCALED, scaled } from './example-worlds.ts';
import { nearlyFull } from './nearly-full.ts';
import { World } from './world.ts';

const retained = { metadata: { annotations: { 'dumbkv.dev/owner-uid': 'an earlier one' } } };
const refusing = { metadata: { ...retained.metadata, labels: { 'dumbkv.dev/adopt': 'Never' } } };
const named = { auth: { tokenSecretRef: { name: 'my-tokens' } } };
const foreign = { metadata: { name: 'orders', namespace: 'shop' } };

/** For each reason that Ready can have with `False`: how it comes about. */
export const STOPPED: Record<
  Exclude<keyof typeof STALLED_REASONS | keyof typeof WAITING_REASONS, 'VolumePending'>,
  Example
> = {
  AdoptionRefused: onArrival({}, ({ client }) => {
    client.put(CLAIM, boundClaim(refusing));
    client.put(SECRET, sealingSecretAsRead(retained));
  }),
  ChildRejected: onArrival({}, ({ client }) =>
    client.refuse('apply', 'Deployment', refusal('PATCH', '/deployments/orders', 403, 'Forbidden')),
  ),
  Contested: async () => {
    const world = await settled();
    for (let turn = 0; turn <= contentionLimits.immediateWrites + 1; turn += 1) {
      world.client.amend(DEPLOYMENT, 'shop', 'orders', { spec: { replicas: 3 } });
      await world.clock.advance(contentionLimits.baseDelayMs);
      await world.run();
    }
    return world;
  },
  DatabaseKindMissing: withoutClusters,
  DatabaseNotReady: onArrival({ engine: 'postgres' }),
  DatabaseSecretInvalid: onArrival(onExternal, ({ client }) =>
    client.put(SECRET, databaseSecretOfUser({ data: { url: base64('mysql://db') } })),
  ),
  DatabaseSecretMissing: onArrival(onExternal),
  HostConflict: onArrival({ ingress: { host: 'a.example.com' } }, ({ client }) =>
    client.put(DUMBKV, olderWith({ ingress: { host: 'a.example.com' } })),
  ),
  ImageNotAllowed: onArrival({ image: 'evil.example.com/x:1' }),
  NameConflict: onArrival({}, ({ client }) => client.put(SERVICE, foreign)),
  SealingKeyMismatch: onArrival({}, ({ client }) => {
    client.put(CLAIM, boundClaim());
    client.put(SECRET, sealingSecretAsRead({}, OTHER_SEALING_KEY));
  }),
  SealingKeyMissing: after(({ client }) => client.drop(SECRET, 'shop', 'orders-sealing')),
  ServerRefusedStart: crash('DKV_CONFIG_INVALID'),
  StoreMismatch: crash('DKV_STORE_MISMATCH'),
  StoreMissing: crash('DKV_STORE_MISSING'),
  TimeZoneUnknown: onArrival({ sleep: { timeZone: 'Europe/Atlantis', windows: [] } }),
  TokenSecretInvalid: onArrival(named, ({ client }) =>
    client.put(SECRET, { metadata: { name: 'my-tokens', namespace: 'shop' } }),
  ),
  TokenSecretMissing: onArrival(named),
  Undone: after((world) => {
    const apply = world.client.apply.bind(world.client);
    world.client.apply = (type, object, options) =>
      apply(
        type,
        type === DEPLOYMENT ? altered(object, { spec: { replicas: 3 } }) : object,
        options,
      );
    world.change({ spec: { image: 'registry.example.com/dumbkv/server:2' } });
  }),
  ChildFailing: async () => {
    const world = new World();
    const error = refusal('PATCH', '/deployments/orders', 500, 'InternalError');
    world.client.refuse('apply', 'Deployment', error);
    await world.run().catch(() => {});
    return world;
  },
  Deploying: onArrival({}),
  ImagePullFailed: podIs(podWithContainer({ state: { waiting: { reason: 'ErrImagePull' } } })),
  NoReplicas: onArrival({ replicas: 0 }),
  ProgressDeadlineExceeded: after(({ client }) =>
    client.amend(DEPLOYMENT, 'shop', 'orders', {
      status: {
        readyReplicas: 0,
        conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
      },
    }),
  ),
  ServerCrashing: crash('DKV_START_FAILED'),
  SidecarFailing: podIs(
    podWithContainer({ name: 'proxy', state: { running: null, terminated: { exitCode: 1 } } }),
  ),
  Sleeping: onArrival({ sleep: { timeZone: 'UTC', windows: [{ from: '00:00', to: '00:00' }] } }),
  StorageClassNotFound: onArrival({ storage: { className: 'no-such-class' } }),
  Suspended: onArrival({ suspended: true }),
  Terminating: after(({ client }) =>
    client.amend(SERVICE, 'shop', 'orders', { metadata: { deletionTimestamp: 'now' } }),
  ),
  Unhealthy: after((world) => {
    world.probe = async () => ({ outcome: 'unhealthy', detail: '503 DKV_STORE_FAILED' });
    world.client.put(POD, readyPod({ metadata: { uid: 'another' } }));
    world.reachability.forget(objectKey(world.dumbkv.metadata));
  }),
  Unreachable: () => asking('refused'),
  Unschedulable: podIs(
    readyPod({
      status: {
        containerStatuses: null,
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
      },
    }),
  ),
  VolumeLost: after(({ client }) =>
    client.amend(CLAIM, 'shop', 'orders-data', { status: { phase: 'Lost' } }),
  ),
};

/** An instance that serves. */
export const settled = () => new World().settle();
const exposed = () => new World(exposedDumbkv()).settle();

/** An instance that served before the operator was started again, and gives such answers now. */
async function asking(outcome: ProbeAnswer['outcome']): Promise<World> {
  const world = await settled();
  world.probe = async () => ({ outcome, detail: 'ECONNREFUSED' });
  world.reachability.forget(objectKey(world.dumbkv.metadata));
  await world.run();
  await world.clock.advance(10_000);
  await world.run();
  return world;
}

/** The other reasons, with the condition that has each. */
export const OTHERS: Record<
  keyof typeof OTHER_REASONS | 'VolumePending',
  { shown: string; example: Example }
> = {
  AddressAssigned: { shown: 'Exposed: True', example: exposed },
  AddressPending: {
    shown: 'Exposed: Unknown',
    example: async () => {
      const world = await exposed();
      world.client.amend(INGRESS, 'shop', 'orders', { status: null });
      await world.run();
      return world;
    },
  },
  Answered: { shown: 'Reachable: True', example: settled },
  Asking: {
    shown: 'Reachable: Unknown',
    example: async () => {
      const world = new World();
      world.probe = () => new Promise(() => {});
      return world.settle();
    },
  },
  Available: { shown: 'Ready: True', example: settled },
  Bound: { shown: 'StorageReady: True', example: settled },
  ConnectionsShort: {
    shown: 'DatabaseReady: True',
    example: () => new World(dumbkv({ spec: { engine: 'postgres', replicas: 8 } })).settle(),
  },
  DatabaseAnswers: {
    shown: 'DatabaseReady: True',
    example: () => new World(dumbkv({ spec: { engine: 'postgres' } })).settle(),
  },
  DatabaseDegraded: { shown: 'DatabaseReady: True', example: shortOfReplicas },
  DatabaseUnverified: {
    shown: 'DatabaseReady: Unknown',
    example: onArrival(onExternal, ({ client }) => client.put(SECRET, databaseSecretOfUser())),
  },
  Expanding: {
    shown: 'StorageReady: True',
    example: after(({ client }) =>
      client.amend(CLAIM, 'shop', 'orders-data', {
        spec: { resources: { requests: { storage: '2Gi' } } },
      }),
    ),
  },
  ExpansionRefused: { shown: 'StorageReady: False', example: grownInVain },
  Intercepted: { shown: 'Reachable: Unknown', example: () => asking('intercepted') },
  MetricsMissing: { shown: 'Autoscaling: False', example: () => scaled('False') },
  NoOwnToken: {
    shown: 'RotationIgnored: True',
    example: after((world) =>
      world.change({
        metadata: { annotations: { 'dumbkv.dev/rotate-token': 'now' } },
        spec: { auth: { type: 'None' } },
      }),
    ),
  },
  NotAsked: { shown: 'Reachable: Unknown', example: onArrival({}) },
  NotVerified: { shown: 'Reachable: Unknown', example: () => asking('silent') },
  ReleaseDiffers: {
    shown: 'UpdateAvailable: True',
    example: after((world) => {
      world.serverImage = 'registry.example.com/dumbkv/server:2';
    }),
  },
  VolumeAlmostFull: { shown: 'StoragePressure: True', example: nearlyFull },
  RouteAccepted: { shown: 'Exposed: True', example: () => routed('True') },
  RouteKindMissing: {
    shown: 'Exposed: False',
    example: onArrival(ROUTED, ({ unserved }) => unserved.push(HTTP_ROUTE)),
  },
  RoutePending: { shown: 'Exposed: Unknown', example: onArrival(ROUTED) },
  RouteRefused: { shown: 'Exposed: False', example: () => routed('False') },
  ScalingActive: { shown: 'Autoscaling: True', example: () => scaled('True') },
  ScalingPending: { shown: 'Autoscaling: Unknown', example: () => scaled('Unknown') },
  ScalingStopped: {
    shown: 'Autoscaling: False',
    example: onArrival({ ...SCALED, suspended: true }),
  },
  VolumePending: { shown: 'StorageReady: False', example: onArrival({}) },
};
