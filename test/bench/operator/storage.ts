// Plays the storage of a cluster in which nothing provides volumes: as many volumes as are wanted,
// made beforehand, and each new claim bound to one of them.
// Next: `cluster-parts.ts` for the parts of the cluster that are real.
import { CLAIM } from '../../../operator/api/resources.ts';
import type { KubeObject, ResourceType } from '../../../operator/kube/client.ts';
import type { Place } from '../../support/place.ts';

export const VOLUME: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
};

/** A volume that the scheduler may believe in; nobody mounts it. */
export const volume = (number: number): KubeObject => ({
  metadata: { name: `bench-${number}` },
  spec: {
    capacity: { storage: '100Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    hostPath: { path: '/nowhere' },
  },
});

interface Claim extends KubeObject {
  spec?: {
    volumeName?: string;
    accessModes?: string[];
    resources?: { requests?: { storage?: string } };
  };
}

/** Binds claims, each to the next volume; failures are kept for the one who waits in vain. */
export class ClaimBinder {
  readonly failures: unknown[] = [];
  readonly #place: Place;
  readonly #bound = new Set<string>();

  constructor(place: Place) {
    this.#place = place;
  }

  /** Takes a claim as a watch shows it. */
  take(claim: Claim): void {
    const { name } = claim.metadata;
    if (this.#bound.has(name) || claim.spec?.volumeName !== undefined) return;
    const volumeName = `bench-${this.#bound.size}`;
    this.#bound.add(name);
    this.#bind(claim, volumeName).catch((error: unknown) => this.failures.push(error));
  }

  /** In the two writes in which the real controller does it. */
  async #bind({ metadata: { name }, spec }: Claim, volumeName: string): Promise<void> {
    const annotations = {
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    };
    await this.#place.change(CLAIM, name, { metadata: { annotations }, spec: { volumeName } });
    const capacity = { storage: spec?.resources?.requests?.storage };
    const status = { phase: 'Bound', capacity, accessModes: spec?.accessModes };
    await this.#place.setStatus(CLAIM, name, status);
  }
}
