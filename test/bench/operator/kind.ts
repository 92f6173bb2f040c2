// Single creates on a cluster of kind whose pods answer: an instance from `kubectl apply` to Ready,
// and by turns the same Deployment, PVC and Service from `kubectl apply` to Available.
// Next: `plain.ts` for those objects.
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  POD,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../operator/api/resources.ts';
import type { KubeClient, KubeObject, ResourceType } from '../../../operator/kube/client.ts';
import { createKubeClient } from '../../../operator/kube/create-client.ts';
import { loadCredentials } from '../../../operator/kube/credentials.ts';
import { apiVersion } from '../../../operator/kube/resource.ts';
import { createTransport } from '../../../operator/kube/transport.ts';
import { clusterTool, theCluster } from '../../e2e/support/cluster.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { kubectlOutput } from '../../support/control-plane-kubectl.ts';
import { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { ownShareOf } from './figures.ts';
import { manifestOf, plainCopy } from './plain.ts';
import type { KindReport } from './results.ts';
import type { Settings } from './settings.ts';
import { type Sighting, type Sightings, watchInstances } from './sightings.ts';

const LIMIT_MS = 3 * 60_000;
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };
/** The instance that stays, and whose objects are copied. */
const MODEL = 'model';
const BESIDE: readonly [ResourceType, string][] = [
  [SERVICE_ACCOUNT, ''],
  [SECRET, '-sealing'],
  [SECRET, '-token'],
];
const APPLIED: readonly [ResourceType, string][] = [
  [CLAIM, '-data'],
  [SERVICE, ''],
  [DEPLOYMENT, ''],
];

interface Scene {
  readonly place: Place;
  readonly kubeconfigPath: string;
  readonly sightings: Sightings;
}

type Figures = Pick<KindReport, 'readyMs' | 'availableMs' | 'madeMs' | 'toldMs'>;

/** Measures pairs, one after the other, in a namespace of their own. */
export async function measureKind(
  { cluster: name, singles }: Settings,
  say: (text: string) => void,
): Promise<Figures> {
  // where the support of the end-to-end tests looks for a cluster
  process.env.KUBECONFIG = (await clusterTool('kubeconfig', name)).trim();
  const { call, kubeconfigPath } = await theCluster();
  const credentials = await loadCredentials({ kubeconfigPath });
  const transport = createTransport({ credentials });
  const stopping = new AbortController();
  const place = new Place(`bench-${randomBytes(3).toString('hex')}`, call);
  const { namespace } = place;
  const metadata = { name: namespace, labels: RESTRICTED };
  await call('POST', '/api/v1/namespaces', { metadata });
  try {
    const client = createKubeClient(transport);
    const sightings = await watchInstances(client, namespace, stopping.signal);
    return await measurePairs({ place, kubeconfigPath, sightings }, { client, singles, say });
  } finally {
    stopping.abort();
    await call('DELETE', `/api/v1/namespaces/${namespace}`);
    await transport.close();
  }
}

interface Task {
  readonly client: KubeClient;
  readonly singles: number;
  readonly say: (text: string) => void;
}

async function measurePairs(scene: Scene, { client, singles, say }: Task): Promise<Figures> {
  const figures = { readyMs: [], availableMs: [], madeMs: [], toldMs: [] } as {
    [Name in keyof Figures]: number[];
  };
  // not measured: caches of the node and the operator are warm from here on
  await measureInstance(scene, MODEL);
  const model = await readModel(scene.place, client);
  for (let pair = 1; pair <= singles; pair += 1) {
    const instance = async () => {
      const seen = await measureInstance(scene, `instance-${pair}`);
      const { madeMs, toldMs } = ownShareOf(seen.sighting);
      figures.readyMs.push(seen.tookMs);
      figures.madeMs.push(madeMs);
      figures.toldMs.push(toldMs);
    };
    const plain = async () =>
      void figures.availableMs.push(await measurePlain(scene, model, `plain-${pair}`));
    // each goes first in turn, so that neither always has the warmer machine
    for (const measure of pair % 2 === 0 ? [plain, instance] : [instance, plain]) await measure();
    const [ready, available] = [figures.readyMs.at(-1), figures.availableMs.at(-1)];
    say(
      `${pair} of ${singles}: Ready ${ready?.toFixed()} ms, Available ${available?.toFixed()} ms`,
    );
  }
  return figures;
}

async function measureInstance({ place, kubeconfigPath, sightings }: Scene, name: string) {
  const dumbkv = {
    ...{ apiVersion: apiVersion(DUMBKV), kind: DUMBKV.kind, metadata: { name } },
    spec: { deletionPolicy: 'Delete' },
  };
  const sighting = sightings.of(name);
  const startMs = performance.now();
  await apply(place, kubeconfigPath, [dumbkv]);
  const endMs = await until(`${name} is Ready`, () => sighting.readyMs, LIMIT_MS);
  const seen: { sighting: Sighting; tookMs: number } = { sighting, tookMs: endMs - startMs };
  if (name !== MODEL) {
    await place.remove(DUMBKV, name);
    await untilGone(place, name);
  }
  return seen;
}

/** What the plain objects are copied from. */
interface Model {
  readonly beside: readonly KubeObject[];
  readonly applied: readonly KubeObject[];
}

async function readModel({ namespace }: Place, client: KubeClient): Promise<Model> {
  const read = async ([type, suffix]: [ResourceType, string]) => {
    const live = await client.get(type, namespace, `${MODEL}${suffix}`);
    if (live === undefined) throw new Error(`the instance ${MODEL} has no ${type.kind}`);
    return { ...live, apiVersion: apiVersion(type), kind: type.kind };
  };
  const all = (types: readonly [ResourceType, string][]) =>
    Promise.all(types.map(([type, suffix]) => read([type, suffix])));
  return { beside: await all(BESIDE), applied: await all(APPLIED) };
}

async function measurePlain(
  { place, kubeconfigPath, sightings }: Scene,
  { beside, applied }: Model,
  name: string,
): Promise<number> {
  const copy = (object: KubeObject) => plainCopy(object, MODEL, name);
  await apply(place, kubeconfigPath, beside.map(copy));
  const sighting = sightings.of(name);
  const startMs = performance.now();
  await apply(place, kubeconfigPath, applied.map(copy));
  const endMs = await until(`${name} is Available`, () => sighting.availableMs, LIMIT_MS);
  for (const [type, suffix] of APPLIED.toReversed()) await place.remove(type, `${name}${suffix}`);
  await untilGone(place, name);
  return endMs - startMs;
}

async function apply(
  { namespace }: Place,
  kubeconfigPath: string,
  objects: readonly KubeObject[],
): Promise<void> {
  const args = ['--namespace', namespace, 'apply', '-f', '-'];
  await kubectlOutput({ kubeconfigPath }, args, manifestOf(objects));
}

/** Nothing of one create goes on while the next is measured. */
async function untilGone(place: Place, name: string): Promise<void> {
  const isOf = ({ metadata }: ApiObject) =>
    metadata.labels?.['app.kubernetes.io/instance'] === name;
  await until(
    `the pods and claims of ${name} are gone`,
    async () => {
      const left = [...(await place.list(POD)), ...(await place.list(CLAIM))];
      return !left.some(isOf);
    },
    LIMIT_MS,
  );
}
