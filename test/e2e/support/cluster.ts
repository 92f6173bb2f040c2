// The cluster that the end-to-end tests run on: how to call its API server, kubectl and its node.
// `ground.ts` gives each test file a namespace in it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import type { ApiObject, Call } from '../../support/control-plane-client.ts';
import { kubectlOutput } from '../../support/control-plane-kubectl.ts';

const CLUSTER_TOOL = new URL('../../kind/cluster', import.meta.url).pathname;
const DEFAULT_NAME = 'dumbkv-test';
const OUTPUT_BYTES_MAX = 512 * 1024 * 1024;
/** The first use compiles what is to be installed. */
const TOOL_LIMIT_MS = 600_000;
const execute = promisify(execFile);

/** Where the operator is installed. */
export const OPERATOR_NAMESPACE = 'dumbkv-system';
export const OPERATOR_NAME = 'dumbkv-operator';

export interface Cluster {
  /** The name by which `test/kind/cluster` knows it. */
  readonly name: string;
  readonly kubeconfigPath: string;
  /** Calls the API server as the administrator. */
  readonly call: Call;
}

let connected: Promise<Cluster> | undefined;

/** The cluster with the operator in it; throws one sentence if there is none. */
export function theCluster(): Promise<Cluster> {
  connected ??= connect();
  return connected;
}

async function connect(): Promise<Cluster> {
  const kubeconfigPath = process.env.KUBECONFIG || (await kubeconfigOfTool());
  const { name, call } = await accessBy(kubeconfigPath);
  await assertInstalled(call, name);
  return { name, kubeconfigPath, call };
}

async function kubeconfigOfTool(): Promise<string> {
  try {
    return (await clusterTool('kubeconfig', DEFAULT_NAME)).trim();
  } catch (cause) {
    throw missing(`there is no cluster "${DEFAULT_NAME}"`, cause);
  }
}

/** Runs a command of `test/kind/cluster` and gives its answer. */
export function clusterTool(...args: string[]): Promise<string> {
  return clusterToolWithin(TOOL_LIMIT_MS, ...args);
}

/** The same with a limit of its own, for what may have to be compiled. */
export async function clusterToolWithin(timeoutMs: number, ...args: string[]): Promise<string> {
  const limits = { maxBuffer: OUTPUT_BYTES_MAX, timeout: timeoutMs };
  return (await execute(CLUSTER_TOOL, args, limits)).stdout;
}

async function accessBy(kubeconfigPath: string): Promise<{ name: string; call: Call }> {
  const view = ['config', 'view', '--raw', '--minify', '--output', 'json'];
  const config = JSON.parse(await kubectlOutput({ kubeconfigPath }, view));
  const [{ cluster }, { user }] = [config.clusters[0], config.users[0]];
  const pem = (data: string) => Buffer.from(data, 'base64');
  const dispatcher = new Agent({
    connect: {
      ca: pem(cluster['certificate-authority-data']),
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
    },
  });
  const call: Call = async (method, path, body, contentType) => {
    const format = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = { 'content-type': contentType ?? format };
    const text = body === undefined ? null : JSON.stringify(body);
    const answer = await request(`${cluster.server}${path}`, {
      ...{ method, headers, body: text, dispatcher },
    });
    return { status: answer.statusCode, body: (await answer.body.json()) as ApiObject };
  };
  return { name: config['current-context'].replace(/^kind-/, ''), call };
}

async function assertInstalled(call: Call, name: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${OPERATOR_NAMESPACE}/deployments/${OPERATOR_NAME}`;
  const answer = await call('GET', path).catch((cause: unknown) => {
    throw missing(`cluster "${name}" does not answer`, cause);
  });
  const available = answer.body.status?.availableReplicas ?? 0;
  if (available > 0) return;
  throw missing(`cluster "${name}" has no available operator`, answer.body.message);
}

const missing = (what: string, cause: unknown) =>
  new Error(
    `${what}: run \`make test\`, which makes one, or ` +
      `\`test/kind/cluster up ${DEFAULT_NAME}\` and \`test/kind/cluster install ${DEFAULT_NAME}\``,
    { cause },
  );
