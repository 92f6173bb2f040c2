// The operator's own pod: found, killed, sent away and called back by tests.
import { DEPLOYMENT, POD } from '../../../operator/api/resources.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { Place } from '../../support/place.ts';
import { type Cluster, OPERATOR_NAME, OPERATOR_NAMESPACE } from './cluster.ts';
import { eventually } from './patience.ts';

const SELECTOR_LABEL = 'app.kubernetes.io/name';

/** The operator of a cluster, as its administrator handles it. */
export class TheOperator {
  readonly #place: Place;

  constructor(cluster: Cluster) {
    this.#place = new Place(OPERATOR_NAMESPACE, cluster.call);
  }

  /** The pods that are not on their way out. */
  async pods(): Promise<ApiObject[]> {
    const pods = await this.#place.list(POD);
    return pods.filter(
      ({ metadata }) =>
        metadata.labels?.[SELECTOR_LABEL] === OPERATOR_NAME &&
        metadata.deletionTimestamp === undefined,
    );
  }

  /** Each pod's name with how often its container was started anew. */
  async restarts(): Promise<Record<string, number>> {
    const entries = (await this.pods()).map(({ metadata, status }) => [
      metadata.name,
      status?.containerStatuses?.[0]?.restartCount ?? 0,
    ]);
    return Object.fromEntries(entries);
  }

  /** Takes the operator's pods away at once, as a lost node would. */
  async kill(): Promise<void> {
    for (const { metadata } of await this.pods()) await this.#place.remove(POD, metadata.name);
  }

  /** Sends the operator away; resolves when no pod of it is left. */
  async leave(): Promise<void> {
    await this.#scale(0);
    await eventually('the operator is gone', async () => (await this.#all()).length === 0);
  }

  /** Calls the operator back; resolves when it is available. */
  async comeBack(): Promise<void> {
    await this.#scale(1);
    await this.untilAvailable();
  }

  /** Replaces the operator's pod by a new one, as an upgrade does. */
  async rollOut(): Promise<void> {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    const patch = { spec: { template: { metadata: { annotations } } } };
    await this.#place.change(DEPLOYMENT, OPERATOR_NAME, patch);
    await this.untilAvailable();
  }

  async untilAvailable(): Promise<void> {
    await eventually('the operator is available', async () => {
      const { metadata, spec, status = {} } = await this.#place.get(DEPLOYMENT, OPERATOR_NAME);
      const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status;
      return (
        observedGeneration === metadata.generation &&
        [replicas, updatedReplicas, availableReplicas].every((count) => count === spec.replicas)
      );
    });
  }

  async #all(): Promise<ApiObject[]> {
    const pods = await this.#place.list(POD);
    return pods.filter(({ metadata }) => metadata.labels?.[SELECTOR_LABEL] === OPERATOR_NAME);
  }

  #scale(replicas: number): Promise<ApiObject> {
    return this.#place.change(DEPLOYMENT, OPERATOR_NAME, { spec: { replicas } });
  }
}
