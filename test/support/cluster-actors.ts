// Plays, in one namespace of a control plane, those who act in a real cluster: the volume binder,
// the Deployment and EndpointSlice controllers with their kubelet, and the garbage collector.
import { createHash } from 'node:crypto';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  ENDPOINT_SLICE,
  INGRESS,
  POD,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../operator/api/resources.ts';
import type { KubeObject, ResourceType } from '../../operator/kube/resource.ts';
import type { ApiObject } from './control-plane-client.ts';
import type { Place } from './place.ts';

/** Every kind of an instance, its DumbKV first. */
export const INSTANCE_KINDS: readonly ResourceType[] = [
  ...[DUMBKV, SECRET, CLAIM, SERVICE_ACCOUNT, SERVICE, INGRESS, DEPLOYMENT, ENDPOINT_SLICE, POD],
];

const HASH_LABEL = 'pod-template-hash';
const PVC_FINALIZER = 'kubernetes.io/pvc-protection';

/** Objects by their kind. */
export type InstanceObjects = ReadonlyMap<string, (ApiObject & KubeObject)[]>;

/** Everything of an instance's kinds in a namespace, by kind. */
export async function objectsOf(place: Place): Promise<InstanceObjects> {
  const lists = INSTANCE_KINDS.map(
    async (type) => [type.kind, (await place.list(type)) as (ApiObject & KubeObject)[]] as const,
  );
  return new Map(await Promise.all(lists));
}

/** The actors of one namespace. */
export class ClusterActors {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Each does once what there is to do; gives whether there was anything. */
  async act(seen?: InstanceObjects): Promise<boolean> {
    const objects = seen ?? (await objectsOf(this.#place));
    const deeds = [
      await this.#collectGarbage(objects),
      await this.#bindClaims(objects.get('PersistentVolumeClaim') ?? []),
      await this.rollOut(),
    ];
    return deeds.includes(true);
  }

  /** Binds every claim of the namespace. */
  async bindClaims(): Promise<void> {
    await this.#bindClaims(await this.#place.list(CLAIM));
  }

  /** Brings pods, endpoints and status of every Deployment to what it asks. */
  async rollOut(): Promise<boolean> {
    const deployments = (await this.#place.list(DEPLOYMENT)).filter(isWanted);
    const unfinished = deployments.filter((deployment) => !isRolledOut(deployment));
    for (const deployment of unfinished) {
      const pods = await this.#replacePods(deployment);
      for (const { metadata } of pods) {
        await this.#place.setStatus(POD, metadata.name, runningStatus(true));
      }
      await this.#writeRollout(deployment, pods.length, pods.length);
    }
    const published = await this.#publishEndpoints();
    return unfinished.length > 0 || published;
  }

  /** Makes the pods that a Deployment asks for, which do not start: their containers say why. */
  async startPodsIn(instance: string, containerStatus: ApiObject): Promise<void> {
    const deployment = await this.#place.get(DEPLOYMENT, instance);
    const pods = await this.#replacePods(deployment);
    for (const { metadata, spec } of pods) {
      const [{ name, image }] = spec.containers;
      const status = { name, image, imageID: '', ready: false, restartCount: 0 };
      await this.#place.setStatus(POD, metadata.name, {
        phase: 'Pending',
        containerStatuses: [{ ...status, ...containerStatus }],
      });
    }
    await this.#writeRollout(deployment, pods.length, 0);
    await this.#publishEndpoints();
  }

  /** The pods of an instance are ready or not any more, with all that follows from it. */
  async setReady(instance: string, isReady: boolean): Promise<void> {
    const deployment = await this.#place.get(DEPLOYMENT, instance);
    const pods = await this.#podsOf(deployment);
    for (const { metadata } of pods) {
      await this.#place.setStatus(POD, metadata.name, runningStatus(isReady));
    }
    await this.#publishEndpoints();
    await this.#writeRollout(deployment, pods.length, isReady ? pods.length : 0);
  }

  async #bindClaims(claims: ApiObject[]): Promise<boolean> {
    const unbound = claims.filter(({ status, metadata }) => {
      return status?.phase !== 'Bound' && metadata.deletionTimestamp === undefined;
    });
    for (const { metadata, spec } of unbound) {
      const capacity = { storage: spec.resources.requests.storage };
      await this.#place.setStatus(CLAIM, metadata.name, { phase: 'Bound', capacity });
    }
    return unbound.length > 0;
  }

  /** Recreate: the old pods go before the new ones come. */
  async #replacePods(deployment: ApiObject): Promise<ApiObject[]> {
    const { template, replicas } = deployment.spec;
    const hash = templateHash(template);
    const before = await this.#podsOf(deployment);
    const isKept = (pod: ApiObject) => pod.metadata.labels[HASH_LABEL] === hash && replicas > 0;
    for (const pod of before.filter((one) => !isKept(one))) {
      await this.#place.remove(POD, pod.metadata.name);
    }
    const kept = before.filter(isKept);
    if (kept.length > 0 || replicas === 0) return kept;
    return [await this.#place.make(POD, podFrom(deployment, hash))];
  }

  async #podsOf({ metadata }: ApiObject): Promise<ApiObject[]> {
    const pods = await this.#place.list(POD);
    return pods.filter((pod) => ownersOf(pod).includes(metadata.uid));
  }

  async #writeRollout(deployment: ApiObject, count: number, readyCount: number): Promise<void> {
    const { name, generation } = deployment.metadata;
    await this.#place.setStatus(DEPLOYMENT, name, {
      observedGeneration: generation,
      replicas: count,
      updatedReplicas: count,
      readyReplicas: readyCount,
      availableReplicas: readyCount,
    });
  }

  /** Leads every Service to its pods that are ready; gives whether anything changed. */
  async #publishEndpoints(): Promise<boolean> {
    const [services, pods, slices] = await Promise.all(
      [SERVICE, POD, ENDPOINT_SLICE].map((type) => this.#place.list(type)),
    );
    let changed = false;
    for (const service of (services ?? []).filter(isWanted)) {
      const wanted = sliceFor(service, (pods ?? []).filter(isSelectedBy(service)));
      const { name } = wanted.metadata;
      const present = slices?.find(({ metadata }) => metadata.name === name);
      if (present === undefined) await this.#place.make(ENDPOINT_SLICE, wanted);
      else if (uidsIn(present) === uidsIn(wanted)) continue;
      else await this.#place.change(ENDPOINT_SLICE, name, { endpoints: wanted.endpoints });
      changed = true;
    }
    return changed;
  }

  /**
   * Deletes what has owners but none that lives, and lets go of claims that no pod protects.
   * Secrets go last: nobody watches them, so this order is the hardest to come through.
   */
  async #collectGarbage(objects: InstanceObjects): Promise<boolean> {
    const all = [...objects.values()].flat();
    const living = new Set(all.map(({ metadata }) => metadata.uid));
    const isOrphan = (object: ApiObject) => {
      const owners = ownersOf(object);
      return owners.length > 0 && !owners.some((uid) => living.has(uid)) && isWanted(object);
    };
    const orphans = all.filter(isOrphan);
    const watched = orphans.filter(({ kind }) => kind !== SECRET.kind);
    for (const { kind, metadata } of watched.length > 0 ? watched : orphans) {
      const type = INSTANCE_KINDS.find((one) => one.kind === kind);
      if (type !== undefined) await this.#place.remove(type, metadata.name);
    }
    const claims =
      orphans.length > 0 ? await this.#place.list(CLAIM) : (objects.get(CLAIM.kind) ?? []);
    const leaving = claims.filter(
      ({ metadata }) =>
        metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(PVC_FINALIZER),
    );
    for (const { metadata } of leaving) {
      await this.#place.change(CLAIM, metadata.name, { metadata: { finalizers: null } });
    }
    return orphans.length + leaving.length > 0;
  }
}

const isWanted = ({ metadata }: ApiObject): boolean => metadata.deletionTimestamp === undefined;

const ownersOf = ({ metadata }: ApiObject): string[] =>
  (metadata.ownerReferences ?? []).map(({ uid }: { uid: string }) => uid);

const templateHash = (template: unknown): string =>
  createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);

function isRolledOut({ metadata, spec, status = {} }: ApiObject): boolean {
  const { observedGeneration, replicas = 0, readyReplicas = 0 } = status;
  return (
    observedGeneration === metadata.generation &&
    replicas === spec.replicas &&
    readyReplicas === spec.replicas
  );
}

function podFrom({ metadata, spec }: ApiObject, hash: string): ApiObject {
  const { name, uid } = metadata;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true };
  const { labels, annotations } = spec.template.metadata;
  return {
    metadata: {
      generateName: `${name}-${hash}-`,
      labels: { ...labels, [HASH_LABEL]: hash },
      annotations,
      ownerReferences: [owner],
    },
    spec: spec.template.spec,
  };
}

function runningStatus(isReady: boolean): ApiObject {
  const status = isReady ? 'True' : 'False';
  return { phase: 'Running', conditions: [{ type: 'Ready', status }], containerStatuses: null };
}

const isReady = ({ status }: ApiObject): boolean =>
  (status?.conditions ?? []).some(
    (one: ApiObject) => one.type === 'Ready' && one.status === 'True',
  );

const isSelectedBy =
  ({ spec }: ApiObject) =>
  ({ metadata }: ApiObject): boolean =>
    Object.entries(spec.selector ?? {}).every(([name, value]) => metadata.labels?.[name] === value);

const uidsIn = ({ endpoints }: ApiObject): string =>
  (endpoints ?? []).map(({ targetRef }: ApiObject) => targetRef.uid).join();

/** As the real controller writes it: with the Service's own labels, and only ready pods. */
function sliceFor({ metadata, spec }: ApiObject, pods: ApiObject[]): ApiObject {
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
