// Plays, in one namespace of a control plane, the Deployment and StatefulSet controllers and the
// kubelet of their pods. cluster-actors.ts has it act beside the others.
import { DEPLOYMENT, POD } from '../../operator/api/resources.ts';
import type { ResourceType } from '../../operator/kube/resource.ts';
import {
  isPodOfTemplate,
  isRolledOut,
  isWanted,
  ownersOf,
  podFrom,
  rolloutStatus,
  runningStatus,
} from './cluster-objects.ts';
import type { ApiObject } from './control-plane-client.ts';
import type { Place } from './place.ts';

/** Those who run pods in one namespace. */
export class ClusterWorkloads {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Brings pods and status of every workload to what it asks; gives whether it did something. */
  async rollOut(type: ResourceType, workloads: ApiObject[]): Promise<boolean> {
    const unfinished = workloads.filter((one) => isWanted(one) && !isRolledOut(one));
    for (const workload of unfinished) {
      const pods = await this.#replacePods(type, workload);
      for (const { metadata } of pods) {
        await this.#place.setStatus(POD, metadata.name, runningStatus(true));
      }
      await this.#writeRollout(type, workload, { count: pods.length, readyCount: pods.length });
    }
    return unfinished.length > 0;
  }

  /** Makes the pods that a workload asks for, which do not start: their containers say why. */
  async startPods(type: ResourceType, name: string, containerStatus: ApiObject): Promise<void> {
    const workload = await this.#place.get(type, name);
    const pods = await this.#replacePods(type, workload);
    for (const { metadata, spec } of pods) {
      const [container] = spec.containers;
      const { name: containerName, image } = container;
      const waiting = { name: containerName, image, imageID: '', ready: false, restartCount: 0 };
      await this.#place.setStatus(POD, metadata.name, {
        phase: 'Pending',
        containerStatuses: [{ ...waiting, ...containerStatus }],
      });
    }
    await this.#writeRollout(type, workload, { count: pods.length, readyCount: 0 });
  }

  /** The pods of a workload are ready or not any more. */
  async setReady(type: ResourceType, name: string, isReady: boolean): Promise<void> {
    const workload = await this.#place.get(type, name);
    const pods = await this.#podsOf(workload);
    for (const { metadata } of pods) {
      await this.#place.setStatus(POD, metadata.name, runningStatus(isReady));
    }
    const readyCount = isReady ? pods.length : 0;
    await this.#writeRollout(type, workload, { count: pods.length, readyCount });
  }

  /** Those of the present template stay; the others go, before new ones come. */
  async #replacePods(type: ResourceType, workload: ApiObject): Promise<ApiObject[]> {
    const { replicas } = workload.spec;
    const before = await this.#podsOf(workload);
    const pods = before.filter(isPodOfTemplate(workload)).slice(0, replicas);
    for (const pod of before.filter((one) => !pods.includes(one))) {
      await this.#place.remove(POD, pod.metadata.name);
    }
    while (pods.length < replicas) {
      pods.push(await this.#place.make(POD, podFrom(type, workload, pods.length)));
    }
    return pods;
  }

  async #podsOf({ metadata }: ApiObject): Promise<ApiObject[]> {
    const pods = await this.#place.list(POD);
    return pods.filter((pod) => ownersOf(pod).includes(metadata.uid));
  }

  async #writeRollout(
    type: ResourceType,
    workload: ApiObject,
    counts: { count: number; readyCount: number },
  ): Promise<void> {
    const status = rolloutStatus(workload, counts);
    // a Deployment has no revisions in its status
    const { currentRevision, updateRevision, ...plain } = status;
    const fitting = type === DEPLOYMENT ? plain : { ...plain, currentRevision, updateRevision };
    await this.#place.setStatus(type, workload.metadata.name, fitting);
  }
}
