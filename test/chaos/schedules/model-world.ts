// The world of one schedule: an API server in memory, users, the controllers of a cluster, and the
// real operator, which can be stopped dead and started anew. schedule.ts has all of them act.
import { CLAIM } from '../../../operator/api/resources.ts';
import type { Probe } from '../../../operator/reconcile/reachability.ts';
import type { ProbeAnswer } from '../../../operator/status/reach.ts';
import { ClusterActors } from '../../support/cluster-actors.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { OperatorRun } from '../../support/operator-run.ts';
import { Place } from '../../support/place.ts';
import type { Chance } from '../chance.ts';
import { Laws } from './laws.ts';
import { ModelApi, type Write } from './model-api.ts';
import { callOf } from './model-call.ts';
import { ModelClient } from './model-client.ts';
import { NAMESPACE, Users } from './users.ts';

const OUTCOMES: readonly ProbeAnswer['outcome'][] = ['unhealthy', 'refused', 'silent'];

/** Lets everything run that is ready to: promises wait for promises alone here. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export class ModelWorld {
  readonly laws = new Laws();
  readonly api: ModelApi;
  readonly users: Users;
  readonly clock = new FakeClock();
  readonly #chance: Chance;
  readonly #actors: ClusterActors;
  #writes = 0;
  #client: ModelClient;
  #operator: OperatorRun;

  constructor(chance: Chance) {
    this.#chance = chance;
    this.api = new ModelApi((write) => this.#note(write));
    this.laws.watch(this.api);
    this.users = new Users(this.api, chance);
    this.#actors = new ClusterActors(new Place(NAMESPACE, callOf(this.api)));
    this.#client = new ModelClient(this.api);
    this.#operator = this.#start();
  }

  /** How often the operator has written, without events. */
  get writes(): number {
    return this.#writes;
  }

  get client(): ModelClient {
    return this.#client;
  }

  get operator(): OperatorRun {
    return this.#operator;
  }

  /** The controllers of the cluster do what there is to do; gives whether one did something. */
  async act(): Promise<boolean> {
    const hasActed = await this.#actors.act();
    return this.#resize() || hasActed;
  }

  /** Begins a new life of the operator; the one before must have ended. */
  begin(client = new ModelClient(this.api)): void {
    this.#client = client;
    this.#operator = this.#start();
  }

  /** Lets time pass in steps in which every watch hears that the API server lives. */
  async pass(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      for (const stream of this.#client.streams) stream.show();
      await this.clock.advance(60_000);
    }
  }

  #start(): OperatorRun {
    const chance = this.#chance;
    return new OperatorRun({
      ...{ client: this.#client, clock: this.clock, probe: this.#probe },
      random: () => chance.next(),
    });
  }

  #probe: Probe = async () => {
    const isWell = this.#client.isCalm || this.#chance.happens(0.7);
    return { outcome: isWell ? 'healthy' : this.#chance.pick(OUTCOMES), detail: '200' };
  };

  #note(write: Write): void {
    if (write.by === 'operator' && write.type.kind !== 'Event') this.#writes += 1;
    this.laws.check(write);
  }

  /** Volumes grow to what their claims ask. */
  #resize(): boolean {
    const grown = this.api.list(CLAIM).filter(({ spec, status }) => {
      const { requests } = (spec as { resources: { requests: { storage: string } } }).resources;
      const { phase, capacity } = (status ?? {}) as { phase?: string; capacity?: typeof requests };
      return phase === 'Bound' && capacity?.storage !== requests.storage;
    });
    for (const { metadata, spec } of grown) {
      const capacity = (spec as { resources: { requests: object } }).resources.requests;
      const place = { namespace: NAMESPACE, name: metadata.name };
      this.api.patch(
        CLAIM,
        place,
        { status: { capacity } },
        { by: 'others', subresource: 'status' },
      );
    }
    return grown.length > 0;
  }
}
