// One control plane and one operator for a whole test file: each test works in a namespace of its
// own, where it plays the rest of the cluster itself (cluster-actors.ts).
import { afterAll, beforeAll } from 'vitest';
import { DEPLOYMENT, DUMBKV } from '../../../operator/api/resources.ts';
import { ClusterActors, objectsOf } from '../../support/cluster-actors.ts';
import type { ControlPlane, ControlPlaneOptions } from '../../support/control-plane.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import { OperatorRun, operatorClient, type RunOptions } from '../../support/operator-run.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';

/** What the operator looks at again after ten seconds, it looks at after one. */
const PACE = 10;

export interface OperatorSuite {
  controlPlane: () => ControlPlane;
  /** The operator that looks after all namespaces. */
  run: () => OperatorRun;
  /** A new namespace. */
  place: () => Promise<Place>;
  /**
   * Waits until the operator has seen all that is in a namespace, and has nothing to do about it.
   */
  settled: (place: Place) => Promise<void>;
  /** A further operator; it ends with the file unless the test ends it. */
  start: (options?: Partial<RunOptions>) => OperatorRun;
}

/** Starts a control plane and an operator before the file's tests, and ends both after them. */
export function useOperator(
  options: Partial<RunOptions> = {},
  controlPlaneOptions: ControlPlaneOptions = {},
): OperatorSuite {
  const controlPlane = useControlPlane(controlPlaneOptions);
  const runs: OperatorRun[] = [];
  let connection: ReturnType<typeof operatorClient> | undefined;
  const start = (given: Partial<RunOptions> = {}) => {
    connection ??= operatorClient(controlPlane());
    const { client } = connection;
    const run = new OperatorRun({ client, clock: hurriedClock(PACE), ...given });
    runs.push(run);
    return run;
  };
  beforeAll(async () => {
    await start(options).synced();
  });
  afterAll(async () => {
    await Promise.all(runs.map((run) => run.stop()));
    await connection?.close();
  });
  const run = () => {
    const [first] = runs;
    if (first !== undefined) return first;
    throw new Error('the operator is not there yet: ask for it from within a test or a hook');
  };
  const settled = (place: Place) => settledIn(place, run());
  return { controlPlane, run, place: () => makePlace(controlPlane()), settled, start };
}

/** Makes a DumbKV, and plays the cluster until it is available. */
export async function bringUp(
  place: Place,
  spec: ApiObject = {},
  name = 'orders',
): Promise<ApiObject> {
  await place.dumbkv(name, spec);
  return serve(place, name);
}

/** Plays the cluster until a DumbKV is available in its generation, with all pods, and gives it. */
export function serve(place: Place, name = 'orders'): Promise<ApiObject> {
  const actors = new ClusterActors(place);
  return until(`${name} is available`, async () => {
    await actors.act();
    const dumbkv = await place.get(DUMBKV, name);
    const conditions: ApiObject[] = dumbkv.status?.conditions ?? [];
    const ready = conditions.find(({ type }) => type === 'Ready');
    const isDone = conditions.every(({ type }) => type !== 'Reconciling');
    if (dumbkv.status?.observedGeneration !== dumbkv.metadata.generation) return undefined;
    if (ready?.reason === 'Available' && isDone) return dumbkv;
    throw new Error(`Ready is ${JSON.stringify(ready)}`);
  });
}

/** Makes a DumbKV and waits until the operator has made all its children. */
export async function makeChildren(place: Place, spec: ApiObject = {}, name = 'orders') {
  await place.dumbkv(name, spec);
  return until(`${name} has a Deployment`, () => place.find(DEPLOYMENT, name));
}

/** Waits until an operator has seen all that is in a namespace, and has nothing to do about it. */
export async function settledIn(place: Place, run: OperatorRun): Promise<void> {
  await until('the operator has seen everything and is idle', async () => {
    const objects = await objectsOf(place);
    return run.hasSeen(place.namespace, objects) && run.isIdle();
  });
}

/**
 * Everybody does what there is to do, until an operator and the rest of the cluster are at rest.
 */
export async function settleIn(place: Place, run: OperatorRun): Promise<void> {
  const actors = new ClusterActors(place);
  do await settledIn(place, run);
  while (await actors.act());
}
