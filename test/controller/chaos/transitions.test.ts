// Walks through what can be asked of an instance that runs: sound specs, specs that the API server
// refuses, and specs that only the operator can find to be no good. None of these touches the pods
// that run, the status always tells of what is asked now, and a sound spec heals everything.
import { afterAll, describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV, POD } from '../../../operator/api/resources.ts';
import { resourcePath } from '../../../operator/kube/resource.ts';
import { Chance } from '../../chaos/chance.ts';
import type { Answer, ApiObject } from '../../support/control-plane-client.ts';
import type { OperatorRun } from '../../support/operator-run.ts';
import type { Place } from '../../support/place.ts';
import { bringUp, serve, settleIn, useOperator } from '../operator/operator-suite.ts';
import { type Asked, anySpec } from './asked-specs.ts';
import { figureOf, print } from './form.ts';

const STEPS = figureOf(8, 60);
const seed = Math.floor(Math.random() * 2 ** 32);
const MANAGED = { engine: 'postgres', replicas: 2 };
/** Walks that go on at the same time, each with an instance and an operator of its own. */
const WALKS = [{}, {}, {}, MANAGED, MANAGED, MANAGED].map((base, number) => ({ base, number }));

const suite = useOperator({ environment: { WATCH_NAMESPACES: 'nobody-is-here' } });

/** What has happened on all walks. */
const counts: Record<string, number> = {};
const count = (what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1;
};

/** What runs, as whoever uses the instance notices it. */
async function running(place: Place): Promise<unknown> {
  const pods = (await place.list(POD)).map(({ metadata }) => metadata.uid).sort();
  const { replicas, template } = (await place.get(DEPLOYMENT, 'orders')).spec;
  return { pods, replicas, template };
}

class Walk {
  readonly #place: Place;
  readonly #run: OperatorRun;
  readonly #base: ApiObject;
  /** The whole spec as it was made. */
  #first: ApiObject = {};

  constructor(place: Place, run: OperatorRun, base: ApiObject) {
    this.#place = place;
    this.#run = run;
    this.#base = base;
  }

  async begin(): Promise<void> {
    await this.#place.dumbkv('older', { suspended: true, ingress: { host: 'taken.example.com' } });
    this.#first = (await bringUp(this.#place, this.#base)).spec;
    await settleIn(this.#place, this.#run);
  }

  /** Asks for something, and looks at what becomes of it; gives whether all is still well. */
  async step(asked: Asked): Promise<boolean> {
    const [before, then] = [await this.#dumbkv(), await running(this.#place)];
    const { status } = await this.#ask(asked, before);
    await settleIn(this.#place, this.#run);
    const after = await this.#dumbkv();
    if (status >= 300) {
      count('refused');
      expect(status, asked.what).toBe(422);
      expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
      expect(await running(this.#place)).toEqual(then);
      return true;
    }
    expect(after.status.observedGeneration).toBe(after.metadata.generation);
    const stalled = after.status.conditions.find(({ type }: ApiObject) => type === 'Stalled');
    if (asked.isUnsound) expect(stalled, 'the status has to tell').toBeDefined();
    count(stalled === undefined ? 'sound' : `stalled by ${stalled.reason}`);
    if (stalled !== undefined) expect(await running(this.#place), stalled.message).toEqual(then);
    return stalled === undefined;
  }

  /** A sound spec again, which must heal whatever there was. */
  async heal(): Promise<void> {
    const { metadata, spec } = await this.#dumbkv();
    const { storage } = spec;
    const healed = { what: 'the first spec', spec: { ...this.#first, storage }, isWhole: true };
    const { status, body } = await this.#ask(healed, { metadata });
    expect(status, body.message).toBe(200);
    await serve(this.#place);
    await settleIn(this.#place, this.#run);
    expect(await this.#place.conditions('orders')).not.toHaveProperty('Stalled');
    count('healed');
  }

  #ask({ spec, isWhole }: Asked, { metadata }: ApiObject): Promise<Answer> {
    const path = resourcePath(DUMBKV, this.#place.namespace, 'orders');
    if (!isWhole) return this.#place.call('PATCH', path, { spec });
    const { apiVersion, kind } = { apiVersion: 'dumbkv.dev/v1alpha1', kind: 'DumbKV' };
    return this.#place.call('PUT', path, { apiVersion, kind, metadata, spec });
  }

  #dumbkv(): Promise<ApiObject> {
    return this.#place.get(DUMBKV, 'orders');
  }
}

afterAll(() => {
  const told = Object.entries(counts).map(([name, times]) => `${times} ${name}`);
  print(`transitions, ${WALKS.length} walks of ${STEPS}, seed ${seed}: ${told.join(', ')}`);
});

describe.concurrent('an instance that runs', () => {
  it.each(WALKS)('bears whatever is asked of it (walk $number)', async ({ base, number }) => {
    const chance = new Chance(seed + number);
    const place = await suite.place();
    const run = suite.start({ environment: { WATCH_NAMESPACES: place.namespace } });
    const walk = new Walk(place, run, base);
    await walk.begin();
    for (let step = 0; step < STEPS; step += 1) {
      const asked = anySpec(chance);
      try {
        const isWell = await walk.step(asked);
        if (!isWell || step === STEPS - 1 || chance.happens(0.3)) await walk.heal();
      } catch (error) {
        const spec = JSON.stringify(asked.spec).slice(0, 300);
        const what = `after ${asked.what} ${spec}, seed ${seed}`;
        throw new Error(`${what}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
    await run.stop();
  });
});
