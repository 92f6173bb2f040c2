// What the actors of cluster-actors.ts write and read: pods and endpoint slices in the shape that
// the real controllers give them, and the questions that those ask of an object. Pure.
import { createHash } from 'node:crypto';
import { DEPLOYMENT } from '../../operator/api/resources.ts';
import type { ResourceType } from '../../operator/kube/resource.ts';
import type { ApiObject } from './control-plane-client.ts';

/** The label by which a Deployment knows the pods of its present template. */
const HASH_LABEL = 'pod-template-hash';

export const isWanted = ({ metadata }: ApiObject): boolean =>
  metadata.deletionTimestamp === undefined;

export const ownersOf = ({ metadata }: ApiObject): string[] =>
  (metadata.ownerReferences ?? []).map(({ uid }: { uid: string }) => uid);

const templateHash = (template: unknown): string =>
  createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);

export function isRolledOut({ metadata, spec, status = {} }: ApiObject): boolean {
  const { observedGeneration, replicas = 0, readyReplicas = 0 } = status;
  return (
    observedGeneration === metadata.generation &&
    replicas === spec.replicas &&
    readyReplicas === spec.replicas
  );
}

/** What the status of a workload says of its pods, which are all of the present template. */
export function rolloutStatus(
  { metadata, spec }: ApiObject,
  { count, readyCount }: { count: number; readyCount: number },
): ApiObject {
  const revision = `${metadata.name}-${templateHash(spec.template)}`;
  return {
    observedGeneration: metadata.generation,
    ...{ replicas: count, updatedReplicas: count },
    ...{ readyReplicas: readyCount, availableReplicas: readyCount },
    ...{ currentRevision: revision, updateRevision: revision },
  };
}

export const isPodOfTemplate =
  ({ spec }: ApiObject) =>
  ({ metadata }: ApiObject): boolean =>
    metadata.labels[HASH_LABEL] === templateHash(spec.template);

/** A pod of a workload: that of a StatefulSet has its number in its name. */
export function podFrom(type: ResourceType, workload: ApiObject, number: number): ApiObject {
  const { metadata, spec } = workload;
  const { name, uid } = metadata;
  const hash = templateHash(spec.template);
  const own = { kind: type.kind, name };
  // nobody makes the ReplicaSet between the two: the Deployment itself keeps the pod from going
  const replicaSet = { kind: 'ReplicaSet', name: `${name}-${hash}`, controller: true };
  const isNumbered = type !== DEPLOYMENT;
  const owners = isNumbered ? [{ ...own, controller: true }] : [replicaSet, own];
  const { labels, annotations } = spec.template.metadata;
  return {
    metadata: {
      ...(isNumbered ? { name: `${name}-${number}` } : { generateName: `${name}-${hash}-` }),
      labels: { ...labels, [HASH_LABEL]: hash },
      annotations,
      ownerReferences: owners.map((owner) => ({ apiVersion: 'apps/v1', uid, ...owner })),
    },
    spec: spec.template.spec,
  };
}

export function runningStatus(isReady: boolean): ApiObject {
  const status = isReady ? 'True' : 'False';
  return { phase: 'Running', conditions: [{ type: 'Ready', status }], containerStatuses: null };
}

const isReady = ({ status }: ApiObject): boolean =>
  (status?.conditions ?? []).some(
    (one: ApiObject) => one.type === 'Ready' && one.status === 'True',
  );

export const isSelectedBy =
  ({ spec }: ApiObject) =>
  ({ metadata }: ApiObject): boolean =>
    Object.entries(spec.selector ?? {}).every(([name, value]) => metadata.labels?.[name] === value);

const podsBehind = ({ endpoints }: ApiObject): string =>
  (endpoints ?? []).map(({ targetRef }: ApiObject) => targetRef.uid).join();

/** Whether a slice leads to the same pods, and has the labels that its Service has now. */
export const isSameSlice = (present: ApiObject, wanted: ApiObject): boolean =>
  podsBehind(present) === podsBehind(wanted) &&
  Object.entries(wanted.metadata.labels).every(
    ([name, value]) => present.metadata.labels?.[name] === value,
  );

/** As the real controller writes it: with the Service's own labels, and only ready pods. */
export function sliceFor({ metadata, spec }: ApiObject, pods: ApiObject[]): ApiObject {
  const { name, uid, labels } = metadata;
  const owner = { apiVersion: 'v1', kind: 'Service', name, uid, controller: true };
  return {
    metadata: {
      name: `${name}-${uid.slice(-5)}`,
      labels: {
        ...labels,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [owner],
    },
    addressType: 'IPv4',
    ports: spec.ports.map((port: ApiObject) => ({ name: port.name, port: 8000, protocol: 'TCP' })),
    endpoints: pods.filter(isReady).map((pod, index) => ({
      addresses: [`10.1.0.${index + 10}`],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
    })),
  };
}
