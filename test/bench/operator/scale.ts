// One number of instances from the first create to a restart of the operator, with kwok's pods.
// Next: `measured-operator.ts` for the process that is measured.
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { CLAIM, DUMBKV } from '../../../operator/api/resources.ts';
import type { KubeClient } from '../../../operator/kube/client.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { clientOf } from '../../support/control-plane-client.ts';
import { operatorClient } from '../../support/operator-run.ts';
import { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { readProcessorTime } from '../machine.ts';
import { type ClusterParts, startCluster } from './cluster-parts.ts';
import { callShares, callsAmong, ownShareOf, spreadOf, writesAmong } from './figures.ts';
import { MeasuredOperator } from './measured-operator.ts';
import { readProcessorUse, usedBetween } from './processes.ts';
import type { ScaleResult } from './results.ts';
import type { Settings } from './settings.ts';
import { follow, type Sightings, watchInstances } from './sightings.ts';
import { ClaimBinder, VOLUME, volume } from './storage.ts';

const NAMESPACE = 'bench';
/** Requests of the benchmark's own at a time. */
const AT_ONCE = 16;
const LIMIT_MS = 20 * 60_000;
/** After a change of one instance. */
const SHORT_CALM_MS = 1_000;
const NODE = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };

type Say = (text: string) => void;

interface Scene {
  readonly cluster: ClusterParts;
  readonly place: Place;
  readonly binder: ClaimBinder;
  readonly sightings: Sightings;
  readonly say: Say;
}

/** Measures one number of instances, on a cluster of its own. */
export async function measureScale(
  instances: number,
  { singles, idleSeconds }: Settings,
  { kwokFolder, say }: { kwokFolder: string; say: Say },
): Promise<ScaleResult> {
  const stopping = new AbortController();
  say(`${instances} instances: a control plane, ${instances + singles} volumes`);
  const cluster = await startCluster(kwokFolder);
  const { client, close } = operatorClient(cluster.controlPlane);
  try {
    const call = clientOf(cluster.controlPlane);
    const place = new Place(NAMESPACE, call);
    await furnish(place, instances + singles);
    const binder = new ClaimBinder(place);
    const sightings = await watchAll(client, binder, stopping.signal);
    const scene = { cluster, place, binder, sightings, say };
    return await measureIn(scene, { instances, singles, idleSeconds });
  } finally {
    stopping.abort();
    await close();
    await cluster.stop();
  }
}

/** The namespace, the node and the volumes. */
async function furnish(place: Place, volumes: number): Promise<void> {
  await place.call('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  await place.make(NODE, { metadata: { name: 'kwok' } });
  await inParallel(volumes, (number) => place.make(VOLUME, volume(number)));
}

async function watchAll(client: KubeClient, binder: ClaimBinder, signal: AbortSignal) {
  await follow(
    client,
    { type: CLAIM, namespace: NAMESPACE },
    (claim) => binder.take(claim),
    signal,
  );
  return watchInstances(client, NAMESPACE, signal);
}

async function measureIn(
  scene: Scene,
  { instances, singles, idleSeconds }: Pick<Settings, 'singles' | 'idleSeconds'> & Count,
): Promise<ScaleResult> {
  const { cluster, say } = scene;
  const first = await MeasuredOperator.start(cluster);
  const emptyBytes = first.memory().residentBytes;
  const creation = await measureCreation(scene, first, instances);
  await first.settled();
  const calls = callShares(first.requests(), instances);
  const { residentBytes: restBytes, peakBytes } = first.memory();
  say(`  Ready after ${creation.readySeconds.at(-1)?.toFixed(1)} s; ${idleSeconds} s of rest`);
  const idle = await measureIdleness(first, idleSeconds);
  say(`  ${idle.writes} writes; ${singles} creates and ${singles} changes one by one`);
  const ownShareMs = spreadOf(await measureCreates(scene, first, { instances, singles }));
  const changeMs = spreadOf(await measureChanges(scene, first, { instances, singles }));
  say('  a restart of the operator');
  await first.end();
  const { restartedBytes, ...restart } = await measureRestart(cluster, instances + singles);
  const memory = { emptyBytes, restBytes, peakBytes, restartedBytes };
  return { instances, ...creation, calls, memory, idle, ownShareMs, changeMs, restart };
}

interface Count {
  readonly instances: number;
}

const nameOf = (number: number): string => `bench-${number}`;

async function create(place: Place, number: number): Promise<void> {
  await place.dumbkv(nameOf(number));
}

async function measureCreation(scene: Scene, operator: MeasuredOperator, instances: number) {
  const { cluster, place, sightings } = scene;
  const pids = { ...operator.pids(), ...pidsOf(cluster) };
  const [before, machineBefore] = [readProcessorUse(pids), readProcessorTime()];
  const startMs = performance.now();
  const createdMs: number[] = [];
  await inParallel(instances, async (number) => {
    await create(place, number);
    createdMs.push(performance.now());
  });
  await untilSeen(scene, `${instances} instances are Ready`, () =>
    numbersTo(instances).every((number) => sightings.of(nameOf(number)).readyMs !== undefined),
  );
  const processorUse = usedBetween(before, readProcessorUse(pids));
  const busySeconds = readProcessorTime().busySeconds - machineBefore.busySeconds;
  const used = Object.values(processorUse).reduce((sum, seconds) => sum + seconds, 0);
  const since = (times: readonly number[]) =>
    times.map((ms) => (ms - startMs) / 1000).sort((a, b) => a - b);
  const seen = numbersTo(instances).map((number) => sightings.of(nameOf(number)));
  return {
    createdSeconds: since(createdMs),
    deploymentSeconds: since(seen.map(({ deploymentMs = Number.NaN }) => deploymentMs)),
    readySeconds: since(seen.map(({ readyMs = Number.NaN }) => readyMs)),
    processorUse,
    otherSeconds: busySeconds - used,
  };
}

const pidsOf = ({ services }: ClusterParts): Record<string, number> =>
  Object.fromEntries(services.map(({ component, child }) => [component, child.pid ?? 0]));

async function measureIdleness(operator: MeasuredOperator, seconds: number) {
  const { length } = operator.requests();
  await pause(seconds * 1000);
  return { seconds, writes: writesAmong(operator.requests().slice(length)).length };
}

/** The operator's own share of each of some creates, with everything else idle. */
async function measureCreates(
  scene: Scene,
  operator: MeasuredOperator,
  { instances, singles }: Count & { singles: number },
): Promise<number[]> {
  const { place, sightings } = scene;
  const shares: number[] = [];
  for (const number of numbersTo(singles).map((one) => instances + one)) {
    const name = nameOf(number);
    await create(place, number);
    await untilSeen(scene, `${name} is Ready`, () => sightings.of(name).readyMs !== undefined);
    const { madeMs, toldMs } = ownShareOf(sightings.of(name));
    shares.push(madeMs + toldMs);
    await operator.settled(SHORT_CALM_MS);
  }
  return shares;
}

/** From the moment in which a change is sent until the Deployment is seen changed. */
async function measureChanges(
  scene: Scene,
  operator: MeasuredOperator,
  { instances, singles }: Count & { singles: number },
): Promise<number[]> {
  const { place, sightings } = scene;
  const times: number[] = [];
  for (const number of numbersTo(Math.min(singles, instances))) {
    const name = nameOf(number);
    const before = sightings.of(name).deploymentGeneration;
    const sentMs = performance.now();
    const spec = { resources: { limits: { memory: '600Mi' } } };
    const { metadata }: ApiObject = await place.change(DUMBKV, name, { spec });
    const changed = `the Deployment ${name} is changed, and Ready again`;
    let changedMs: number | undefined;
    await untilSeen(scene, changed, () => {
      const { deploymentGeneration, deploymentChangedMs, readyGeneration } = sightings.of(name);
      if (deploymentGeneration === before) return false;
      changedMs ??= deploymentChangedMs;
      return readyGeneration === metadata.generation;
    });
    times.push((changedMs ?? Number.NaN) - sentMs);
    await operator.settled(SHORT_CALM_MS);
  }
  return times;
}

async function measureRestart(cluster: ClusterParts, instances: number) {
  const startMs = performance.now();
  const second = await MeasuredOperator.start(cluster);
  await second.hasReconciled(instances);
  const seconds = (performance.now() - startMs) / 1000;
  await second.settled();
  const requests = second.requests();
  const restartedBytes = second.memory().residentBytes;
  await second.end();
  const [writes, calls] = [writesAmong(requests).length, callsAmong(requests).length];
  return { seconds, writes, calls: calls / instances, restartedBytes };
}

/** Waits for what the watches show; what keeps it from coming is told instead. */
function untilSeen(
  { cluster, binder }: Scene,
  awaited: string,
  ask: () => boolean,
): Promise<boolean> {
  const assertWell = () => {
    cluster.assertRunning();
    if (binder.failures.length > 0) throw binder.failures[0];
  };
  return until(awaited, () => throws(assertWell) || ask(), LIMIT_MS).then(() => {
    assertWell();
    return true;
  });
}

function throws(act: () => void): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}

const numbersTo = (end: number): number[] => Array.from({ length: end }, (_, at) => at);

/** Does something for each number below `end`, some at a time. */
async function inParallel(end: number, act: (number: number) => Promise<unknown>): Promise<void> {
  const numbers = numbersTo(end).values();
  const work = async () => {
    for (const number of numbers) await act(number);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
