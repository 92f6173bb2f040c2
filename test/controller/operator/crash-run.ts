// Runs a scenario with an operator that is stopped dead before or after one of its writes and
// started anew with nothing in memory, until nobody finds something left to do.
import { SECRET } from '../../../operator/api/resources.ts';
import type { KubeClient, KubeObject } from '../../../operator/kube/client.ts';
import { ClusterActors, objectsOf } from '../../support/cluster-actors.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import { isWrite, type NotedCall } from '../../support/observed-client.ts';
import { OperatorRun } from '../../support/operator-run.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';

/** What a user does, step by step; after each, everybody else comes to rest. */
export interface Scenario {
  readonly name: string;
  /** Steps during which nothing is stopped. */
  readonly before: readonly Step[];
  readonly steps: readonly Step[];
}

export type Step = (place: Place) => Promise<unknown>;

export type Moment = 'before' | 'after';

/** Whether the operator is stopped at this write, which is counted from 1 over all its lives. */
export type Fate = (write: number, moment: Moment) => boolean;

/** What came of one run. */
export interface CrashResult {
  /** The writes at which the operator was stopped. */
  stops: string[];
  /** How many writes there were outside the steps before. */
  writes: number;
  /** How often the sealing Secret was made, over all lives of the operator. */
  sealingSecretsMade: number;
  /** What the first of them held, in base64. */
  firstSealingKey: string | undefined;
}

/** So that an older object that is awaited is looked for again at once. */
const PACE = 20;

/** One scenario in one namespace, with an operator that is stopped where its fate says. */
export class CrashRun {
  readonly #place: Place;
  readonly #client: KubeClient;
  readonly #actors: ClusterActors;
  readonly #fate: Fate;
  readonly #result: CrashResult = {
    ...{ stops: [], writes: 0, sealingSecretsMade: 0, firstSealingKey: undefined },
  };
  #isArmed = false;
  #operator: OperatorRun;

  constructor(place: Place, client: KubeClient, fate: Fate) {
    this.#place = place;
    this.#client = client;
    this.#actors = new ClusterActors(place);
    this.#fate = fate;
    this.#operator = this.#start();
  }

  async play({ before, steps }: Scenario): Promise<CrashResult> {
    for (const step of before) await this.#take(step);
    this.#isArmed = true;
    for (const step of steps) await this.#take(step);
    return this.#result;
  }

  /** Everybody does what there is to do; gives whether somebody may have more to do. */
  async settle(): Promise<boolean> {
    const operator = this.#operator;
    await until('the operator is idle', () => operator.client.isDead() || operator.isIdle());
    if (operator.client.isDead()) {
      await operator.stop();
      this.#operator = this.#start();
      return true;
    }
    const objects = await objectsOf(this.#place);
    if (!operator.hasSeen(this.#place.namespace, objects)) return true;
    return (await this.#actors.act(objects)) || !operator.isIdle();
  }

  stop(): Promise<void> {
    return this.#operator.stop();
  }

  async #take(step: Step): Promise<void> {
    await step(this.#place);
    while (await this.settle());
  }

  #start(): OperatorRun {
    return new OperatorRun({
      client: this.#keyWatching(),
      clock: hurriedClock(PACE),
      environment: { WATCH_NAMESPACES: this.#place.namespace },
      hooks: {
        before: (call) => this.#count(call),
        after: (call) => {
          if (isWrite(call)) this.#dieAt(call, 'after');
        },
      },
    });
  }

  #count(call: NotedCall): void {
    if (!this.#isArmed || !isWrite(call)) return;
    this.#result.writes += 1;
    this.#dieAt(call, 'before');
  }

  #dieAt({ verb, kind, name }: NotedCall, moment: Moment): void {
    if (!this.#isArmed || !this.#fate(this.#result.writes, moment)) return;
    this.#result.stops.push(`${moment} ${verb} ${kind} ${name}`);
    this.#operator.client.die();
  }

  /** Sees what the API server took, even where the operator dies before it hears of it. */
  #keyWatching(): KubeClient {
    const client = this.#client;
    return {
      ...client,
      create: async (type, object, signal) => {
        const made = await client.create(type, object, signal);
        if (type === SECRET && made.metadata.name.endsWith('-sealing')) this.#noteKey(made);
        return made;
      },
    };
  }

  #noteKey(secret: KubeObject): void {
    const data = secret.data as Record<string, string>;
    this.#result.sealingSecretsMade += 1;
    this.#result.firstSealingKey ??= data['sealing-key'];
  }
}
