// What a cluster shows to those who may not read Secrets: its objects and events, the logs of what
// we run, what its containers were started with. ground.ts looks through it after each test file,
// secrecy.test.ts at the end of all.
import { SECRET } from '../../../operator/api/resources.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { kubectl } from '../../support/control-plane-kubectl.ts';
import type { Place } from '../../support/place.ts';
import {
  type HeldSecret,
  type SecretValue,
  secretValuesOf,
  shownIn,
} from '../../support/shown-secrets.ts';
import { type Cluster, OPERATOR_NAME, OPERATOR_NAMESPACE } from './cluster.ts';

/** What the operator makes carries it, what others make beside it does not. */
const OURS = `app.kubernetes.io/managed-by=${OPERATOR_NAME}`;

type InCluster = Place & { readonly cluster: Cluster };

/** What a namespace and the operator show of the values of the namespace's Secrets. */
export async function shownSecrets(ground: InCluster): Promise<string[]> {
  const values = await heldBy(ground);
  if (values.length === 0) return [];
  const places = [
    ['an object', await objectsShown(ground.cluster, ['--namespace', ground.namespace])] as const,
    ...(await logsShown(ground)),
    ['the log of the operator', await operatorLog(ground)] as const,
  ];
  return shownIn(new Map(places), values);
}

/** What the Secrets of a namespace hold now. */
export const heldBy = async (ground: InCluster): Promise<SecretValue[]> =>
  secretValuesOf((await ground.list(SECRET)) as HeldSecret[]);

/** All objects but the Secrets, events among them, in a namespace or all. */
export async function objectsShown(cluster: Cluster, where: readonly string[]): Promise<string> {
  const list = ['api-resources', '--verbs=list', '--output', 'name'];
  const inNamespaces = where.includes('--namespace') ? ['--namespaced=true'] : [];
  const { stdout: known } = await kubectl(cluster, [...list, ...inNamespaces]);
  const kinds = known.split('\n').filter((kind) => kind !== '' && kind !== 'secrets');
  const get = ['get', kinds.join(), ...where, '--output', 'json', '--ignore-not-found'];
  // a kind of which its own server is away must not hide the others
  return (await kubectl(cluster, [...get, '--show-managed-fields'])).stdout;
}

/** The logs of the namespace's servers and databases, also those from before a restart. */
export async function logsShown({ cluster, namespace }: InCluster): Promise<[string, string][]> {
  const here = ['--namespace', namespace];
  const names = ['get', 'pods', '--selector', OURS, '--output', 'name'];
  const pods = (await kubectl(cluster, [...here, ...names])).stdout.split('\n').filter(Boolean);
  const logs = pods.flatMap((pod) =>
    [[], ['--previous']].map(async (which): Promise<[string, string]> => {
      const args = ['logs', pod, '--all-containers', '--tail=-1', ...which];
      const place = `the ${which.length > 0 ? 'older ' : ''}log of ${pod}`;
      return [place, (await kubectl(cluster, [...here, ...args])).stdout];
    }),
  );
  return Promise.all(logs);
}

/** What the operator has logged since the namespace was made. */
export async function operatorLog({ call, cluster, namespace }: InCluster): Promise<string> {
  const { body } = await call('GET', `/api/v1/namespaces/${namespace}`);
  const since: string | undefined = body.metadata?.creationTimestamp;
  const where = ['--namespace', OPERATOR_NAMESPACE, '--selector'];
  const selector = `app.kubernetes.io/name=${OPERATOR_NAME}`;
  const all = ['--tail=-1', ...(since === undefined ? [] : [`--since-time=${since}`])];
  return (await kubectl(cluster, ['logs', ...where, selector, ...all])).stdout;
}

const FILES = ['/proc/1/environ', '/proc/1/cmdline'];
const PRINT = `for (const f of ${JSON.stringify(FILES)}) process.stdout.write(fs.readFileSync(f))`;

/** What the first process of a pod's container was started with. */
export async function environmentOf(ground: InCluster, pod: ApiObject): Promise<string> {
  const where = ['--namespace', ground.namespace, 'exec', pod.metadata.name, '--'];
  // the image of the server may have nothing but node, that of Postgres has none
  const { code, stdout } = await kubectl(ground.cluster, [...where, 'node', '--eval', PRINT]);
  if (code === 0) return stdout;
  return (await kubectl(ground.cluster, [...where, 'cat', ...FILES])).stdout;
}
