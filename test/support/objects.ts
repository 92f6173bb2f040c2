// A DumbKV and its children as the API server gives them when all is well: each test alters the one
// field that it is about (alteration.ts says how).
import type { DumbKV } from '../../crds/schema.ts';
import { CLAIM, DEPLOYMENT, ENDPOINT_SLICE, INGRESS, POD } from '../../operator/api/resources.ts';
import { claim } from '../../operator/builders/claim.ts';
import { deployment } from '../../operator/builders/deployment.ts';
import { ingress } from '../../operator/builders/ingress.ts';
import {
  dataSetMetadata,
  INSTANCE_LABEL,
  labelsFor,
  objectOf,
  ownedMetadata,
  type StoreIdentity,
  sealingSecretName,
} from '../../operator/builders/metadata.ts';
import type { KubeObject, ObjectMeta } from '../../operator/kube/resource.ts';
import type { Children } from '../../operator/reconcile/observe.ts';
import { sealingKeyFileText, sealingKeyFingerprint } from '../../server/sealing/key-file.ts';
import { altered } from './alteration.ts';

export const SERVER_IMAGE = 'registry.example.com/dumbkv/server:1.0.0';
export const SEALING_KEY = new Uint8Array(32).fill(7);
export const OTHER_SEALING_KEY = new Uint8Array(32).fill(8);
export const STORE: StoreIdentity = {
  storeId: '6a1f0d2c-8f3e-4b57-9c1d-2e4f6a8b0c1d',
  fingerprint: sealingKeyFingerprint(SEALING_KEY),
};

/** A new DumbKV `orders` in `shop`, with every default filled in and no status yet. */
export function dumbkv(alteration: object = {}): DumbKV {
  const plain: DumbKV = {
    apiVersion: 'dumbkv.dev/v1alpha1',
    kind: 'DumbKV',
    metadata: {
      name: 'orders',
      namespace: 'shop',
      uid: '11111111-2222-4333-8444-555555555555',
      resourceVersion: '100',
      generation: 1,
      creationTimestamp: '2029-12-31T00:00:00Z',
    },
    spec: {
      engine: 'sqlite',
      replicas: 1,
      suspended: false,
      updatePolicy: 'Pinned',
      storage: { size: '1Gi', accessMode: 'ReadWriteOnce' },
      auth: { type: 'Token' },
      networkPolicy: { type: 'Restricted' },
      deletionPolicy: 'Retain',
      deletionProtection: false,
    },
  };
  return altered(plain, alteration);
}

/** What the API server adds to each object. */
const asServed = (object: KubeObject, uid: string): KubeObject =>
  altered(object, {
    metadata: {
      uid,
      resourceVersion: '200',
      generation: 1,
      creationTimestamp: '2029-12-31T00:00:01Z',
    },
  });

/** The claim, bound to a volume of the size that was asked for. */
export function boundClaim(alteration: object = {}): KubeObject {
  const bound = altered(asServed(claim(dumbkv(), STORE), 'uid-claim'), {
    spec: { volumeName: 'pv-1', volumeMode: 'Filesystem' },
    status: { phase: 'Bound', capacity: { storage: '1Gi' } },
  });
  return altered(bound, alteration);
}

/** The Deployment with its one pod up and ready. */
export function readyDeployment(alteration: object = {}): KubeObject {
  const object = deployment(dumbkv(), { image: SERVER_IMAGE, storeId: STORE.storeId });
  const status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1 };
  return altered(altered(asServed(object, 'uid-deployment'), { status }), alteration);
}

/** The pod, scheduled, running and ready. */
export function readyPod(alteration: object = {}): KubeObject {
  const metadata: ObjectMeta = {
    name: 'orders-5d9c',
    namespace: 'shop',
    labels: { ...labelsFor('orders'), 'pod-template-hash': '5d9c' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders-5d9c', uid: 'uid-replicas' },
    ].map((owner) => ({ ...owner, controller: true })),
  };
  const ready = objectOf(POD, metadata, {
    status: {
      phase: 'Running',
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
      containerStatuses: [containerStatus()],
    },
  });
  return altered(asServed(ready, 'uid-pod'), alteration);
}

/** The status of the pod's container while it runs well. */
export function containerStatus(alteration: object = {}): Record<string, unknown> {
  const running: Record<string, unknown> = {
    name: 'server',
    image: SERVER_IMAGE,
    ready: true,
    restartCount: 0,
    state: { running: { startedAt: '2029-12-31T00:00:02Z' } },
    lastState: {},
  };
  return altered(running, alteration);
}

/** A pod whose container is in this state; the container is not ready. */
export function podWithContainer(alteration: object): KubeObject {
  const container = containerStatus({ ready: false, ...alteration });
  return readyPod({ status: { phase: 'Pending', containerStatuses: [container] } });
}

/** The EndpointSlice that leads to the pod. */
export function endpointSlice(alteration: object = {}): KubeObject {
  const metadata: ObjectMeta = {
    name: 'orders-x7k2p',
    namespace: 'shop',
    labels: { ...labelsFor('orders'), 'kubernetes.io/service-name': 'orders' },
  };
  const slice = objectOf(ENDPOINT_SLICE, metadata, {
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.0.0.7'], conditions: { ready: true }, targetRef: { uid: 'uid-pod' } },
    ],
  });
  return altered(asServed(slice, 'uid-slice'), alteration);
}

/** The Ingress of an exposed instance, with an address. */
export function exposedIngress(alteration: object = {}): KubeObject {
  const object = ingress(exposedDumbkv()) as KubeObject;
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } };
  return altered(altered(asServed(object, 'uid-ingress'), { status }), alteration);
}

/** A DumbKV that asks to be reached from outside. */
export function exposedDumbkv(alteration: object = {}): DumbKV {
  return altered(dumbkv({ spec: { ingress: { host: 'orders.example.com' } } }), alteration);
}

/** The sealing Secret as the API server gives it: what it holds is in base64. */
export function sealingSecretAsRead(alteration: object = {}, key = SEALING_KEY): KubeObject {
  const metadata = dataSetMetadata(dumbkv(), sealingSecretName('orders'), STORE);
  const data = { 'sealing-key': base64(sealingKeyFileText(key)) };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
  return altered(asServed(secret, 'uid-sealing'), alteration);
}

/** A Secret of the user's own with tokens, labelled for the instance. */
export function userTokenSecret(
  alteration: object = {},
  tokens = 'secret-of-the-user',
): KubeObject {
  const labels = { [INSTANCE_LABEL]: 'orders' };
  const metadata: ObjectMeta = { name: 'my-tokens', namespace: 'shop', labels };
  const data = { token: base64(tokens) };
  return altered(
    asServed({ apiVersion: 'v1', kind: 'Secret', metadata, data }, 'uid-user'),
    alteration,
  );
}

/** A spec that asks for a Postgres of somebody else. */
export const onExternal = {
  engine: 'postgres',
  postgres: { type: 'External', external: { urlSecretRef: { name: 'my-database', key: 'url' } } },
} as const;

/** The Secret that it names. */
export function databaseSecretOfUser(alteration: object = {}): KubeObject {
  const labels = { [INSTANCE_LABEL]: 'orders' };
  const metadata: ObjectMeta = { name: 'my-database', namespace: 'shop', labels };
  const data = { url: base64('postgres://app:s3cret@db.example.com:5432/app') };
  return altered(
    asServed({ apiVersion: 'v1', kind: 'Secret', metadata, data }, 'uid-database'),
    alteration,
  );
}

/** The Secret with the token that the operator made. */
export function ownTokenSecret(
  alteration: object = {},
  tokens = 'token-of-the-operator',
): KubeObject {
  const metadata = ownedMetadata(dumbkv(), 'orders-token');
  const data = { token: base64(tokens) };
  return altered(
    asServed({ apiVersion: 'v1', kind: 'Secret', metadata, data }, 'uid-token'),
    alteration,
  );
}

/** All the children of an instance that serves. */
export function servingChildren(changes: Partial<Children> = {}): Children {
  return {
    claim: boundClaim(),
    deployment: readyDeployment(),
    ingress: undefined,
    httpRoute: undefined,
    autoscaler: undefined,
    postgres: undefined,
    postgresPods: [],
    cluster: undefined,
    servesClusters: true,
    pods: [readyPod()],
    endpointSlices: [endpointSlice()],
    ...changes,
  };
}

/** The kinds of the children above, by which a store of objects finds them. */
export const CHILD_TYPES = { CLAIM, DEPLOYMENT, INGRESS, POD, ENDPOINT_SLICE };

export const base64 = (text: string): string => Buffer.from(text).toString('base64');
