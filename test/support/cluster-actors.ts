// Plays, in one namespace of a control plane, those who act in a real cluster: the volume binder,
// the EndpointSlice controller and the garbage collector; cluster-workloads.ts plays those who run
// pods.
import {
  AUTOSCALER,
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  DISRUPTION_BUDGET,
  DUMBKV,
  ENDPOINT_SLICE,
  INGRESS,
  NETWORK_POLICY,
  OPTIONAL_KINDS,
  POD,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '../../operator/api/resources.ts';
import { type KubeObject, type ResourceType, resourcePath } from '../../operator/kube/resource.ts';
import { isSameSlice, isSelectedBy, isWanted, ownersOf, sliceFor } from './cluster-objects.ts';
import { ClusterWorkloads } from './cluster-workloads.ts';
import type { ApiObject } from './control-plane-client.ts';
import type { Place } from './place.ts';

/** Every kind of an instance, its DumbKV first. */
export const INSTANCE_KINDS: readonly ResourceType[] = [
  ...[DUMBKV, SECRET, CONFIG_MAP, CLAIM, SERVICE_ACCOUNT, SERVICE, NETWORK_POLICY],
  ...[STATEFUL_SET, DEPLOYMENT, DISRUPTION_BUDGET, AUTOSCALER, INGRESS, ENDPOINT_SLICE, POD],
];

/** Nobody watches these, so the order in which they go last is the hardest to come through. */
const UNWATCHED = [SECRET.kind, CONFIG_MAP.kind];
const PVC_FINALIZER = 'kubernetes.io/pvc-protection';

/** Objects by their kind. */
export type InstanceObjects = ReadonlyMap<string, (ApiObject & KubeObject)[]>;

/** Everything of an instance's kinds in a namespace, by kind. */
export async function objectsOf(place: Place): Promise<InstanceObjects> {
  const lists = INSTANCE_KINDS.map(
    async (type) => [type.kind, (await place.list(type)) as (ApiObject & KubeObject)[]] as const,
  );
  const optional = await Promise.all(OPTIONAL_KINDS.map((type) => listIfServed(place, type)));
  return new Map([...(await Promise.all(lists)), ...optional.flat()]);
}

/** Of a kind that the API server does not know there is nothing, not even an empty list. */
async function listIfServed(place: Place, type: ResourceType) {
  const { status } = await place.call('GET', resourcePath(type, place.namespace));
  if (status === 404) return [];
  return [[type.kind, (await place.list(type)) as (ApiObject & KubeObject)[]] as const];
}

/** The actors of one namespace. */
export class ClusterActors {
  readonly #place: Place;
  readonly #workloads: ClusterWorkloads;

  constructor(place: Place) {
    this.#place = place;
    this.#workloads = new ClusterWorkloads(place);
  }

  /** Each does once what there is to do; gives whether one did something. */
  async act(seen?: InstanceObjects): Promise<boolean> {
    const objects = seen ?? (await objectsOf(this.#place));
    // what is gone must not be acted upon
    if (await this.#collectGarbage(objects)) return true;
    const deeds = [
      await this.#bindClaims(objects.get(CLAIM.kind) ?? []),
      await this.#workloads.rollOut(STATEFUL_SET, objects.get(STATEFUL_SET.kind) ?? []),
      await this.#workloads.rollOut(DEPLOYMENT, objects.get(DEPLOYMENT.kind) ?? []),
      await this.#publishEndpoints(objects),
    ];
    return deeds.includes(true);
  }

  /** Binds every claim of the namespace. */
  async bindClaims(): Promise<void> {
    await this.#bindClaims(await this.#place.list(CLAIM));
  }

  /** Makes the pods that a Deployment asks for, which do not start: their containers say why. */
  async startPodsIn(instance: string, containerStatus: ApiObject): Promise<void> {
    await this.#workloads.startPods(DEPLOYMENT, instance, containerStatus);
    await this.#publishEndpoints();
  }

  /** The same for the Postgres of an instance. */
  async startPostgresIn(instance: string, containerStatus: ApiObject): Promise<void> {
    await this.#workloads.startPods(STATEFUL_SET, `${instance}-postgres`, containerStatus);
  }

  /** The pods of an instance are ready or not any more, with all that follows from it. */
  async setReady(instance: string, isReady: boolean): Promise<void> {
    await this.#workloads.setReady(DEPLOYMENT, instance, isReady);
    await this.#publishEndpoints();
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
      else if (isSameSlice(present, wanted)) continue;
      else {
        const { endpoints, metadata } = wanted;
        await this.#place.change(ENDPOINT_SLICE, name, { endpoints, metadata });
      }
      changed = true;
    }
    return changed;
  }

  /**
   * Deletes what has owners but none that lives, and lets go of claims that no pod protects.
   */
  async #collectGarbage(objects: InstanceObjects): Promise<boolean> {
    const all = [...objects.values()].flat();
    const living = new Set(all.map(({ metadata }) => metadata.uid));
    const isOrphan = (object: ApiObject) => {
      const owners = ownersOf(object);
      return owners.length > 0 && !owners.some((uid) => living.has(uid)) && isWanted(object);
    };
    const orphans = all.filter(isOrphan);
    const watched = orphans.filter(({ kind }) => !UNWATCHED.includes(kind ?? ''));
    for (const { kind, metadata } of watched.length > 0 ? watched : orphans) {
      const type = [...INSTANCE_KINDS, ...OPTIONAL_KINDS].find((one) => one.kind === kind);
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
