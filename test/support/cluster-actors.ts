// Plays, in one namespace of a control plane, those who act in a real cluster: the volume binder,
// the Deployment and EndpointSlice controllers with their kubelet, and the garbage collector.
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
import {
  HASH_LABEL,
  isRolledOut,
  isSelectedBy,
  isWanted,
  ownersOf,
  podFrom,
  podsBehind,
  runningStatus,
  sliceFor,
  templateHash,
} from './cluster-objects.ts';
import type { ApiObject } from './control-plane-client.ts';
import type { Place } from './place.ts';

/** Every kind of an instance, its DumbKV first. */
export const INSTANCE_KINDS: readonly ResourceType[] = [
  ...[DUMBKV, SECRET, CLAIM, SERVICE_ACCOUNT, SERVICE, INGRESS, DEPLOYMENT, ENDPOINT_SLICE, POD],
];

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

  /** Each does once what there is to do; gives whether one did something. */
  async act(seen?: InstanceObjects): Promise<boolean> {
    const objects = seen ?? (await objectsOf(this.#place));
    // what is gone must not be acted upon
    if (await this.#collectGarbage(objects)) return true;
    const deeds = [
      await this.#bindClaims(objects.get(CLAIM.kind) ?? []),
      await this.#rollOut(objects.get(DEPLOYMENT.kind) ?? []),
      await this.#publishEndpoints(objects),
    ];
    return deeds.includes(true);
  }

  /** Binds every claim of the namespace. */
  async bindClaims(): Promise<void> {
    await this.#bindClaims(await this.#place.list(CLAIM));
  }

  /** Brings pods and status of every Deployment to what it asks. */
  async #rollOut(deployments: ApiObject[]): Promise<boolean> {
    const unfinished = deployments.filter((one) => isWanted(one) && !isRolledOut(one));
    for (const deployment of unfinished) {
      const pods = await this.#replacePods(deployment);
      for (const { metadata } of pods) {
        await this.#place.setStatus(POD, metadata.name, runningStatus(true));
      }
      await this.#writeRollout(deployment, pods.length, pods.length);
    }
    return unfinished.length > 0;
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
  async #publishEndpoints(seen?: InstanceObjects): Promise<boolean> {
    const objects = seen ?? (await objectsOf(this.#place));
    const of = ({ kind }: ResourceType) => (objects.get(kind) ?? []).filter(isWanted);
    let changed = false;
    for (const service of of(SERVICE)) {
      const wanted = sliceFor(service, of(POD).filter(isSelectedBy(service)));
      const { name } = wanted.metadata;
      const present = of(ENDPOINT_SLICE).find(({ metadata }) => metadata.name === name);
      if (present === undefined) await this.#place.make(ENDPOINT_SLICE, wanted);
      else if (podsBehind(present) === podsBehind(wanted)) continue;
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
