// The cluster of the scale runs: etcd, API server, controller manager and scheduler are real, kwok
// plays the kubelets. Rights and the kind DumbKV are those of `config/default`.
// Next: `scale.ts` lets the operator work in it.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import {
  type ControlPlane,
  kubeconfigOf,
  kubectlOutput,
  startControlPlane,
} from '../../support/control-plane.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import {
  assertRunning,
  endService,
  type Service,
  startProgram,
  startService,
} from '../../support/control-plane-process.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const AUDIT_POLICY = join(ROOT, 'test/kind/audit-policy.yaml');
const AUDIT_LOG_MEGABYTES = 2_048;

/** The operator as the API server knows it: `audit-policy.yaml` has its requests written down. */
export const OPERATOR_USER = 'system:serviceaccount:dumbkv-system:dumbkv-operator';

/** Far above what two cores can do, so that only the machine is the limit. */
const CLIENT_LIMITS = ['--kube-api-qps=1000', '--kube-api-burst=2000'];
const ALONE = ['--leader-elect=false', '--secure-port=0'];
const CONTROLLERS = ['deployment-controller', 'replicaset-controller', 'endpointslice-controller'];
const WORKERS = ['deployment', 'replicaset', 'service-endpoint'].map(
  (name) => `--concurrent-${name}-syncs=20`,
);

/** What was raised above the defaults, for the page of results. */
export const RAISED = [...CLIENT_LIMITS, ...WORKERS, 'podPlayStageParallelism=16 (kwok)'];

/** A cluster that runs. */
export interface ClusterParts {
  readonly controlPlane: ControlPlane;
  /** The processes beside etcd and the API server, by their names. */
  readonly services: readonly Service[];
  /** A kubeconfig of the operator's own user. */
  readonly operatorKubeconfig: string;
  /** Throws if one of them has ended. */
  assertRunning(): void;
  stop(): Promise<void>;
}

/** Starts all of them; `kwokFolder` has kwok and its stages. */
export async function startCluster(kwokFolder: string): Promise<ClusterParts> {
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:dumbkv-system'];
  const controlPlane = await startControlPlane({
    users: [{ name: OPERATOR_USER, groups }],
    audit: true,
    apiServerArguments: [
      `--audit-policy-file=${AUDIT_POLICY}`,
      `--audit-log-maxsize=${AUDIT_LOG_MEGABYTES}`,
      // who takes the taint of a new node away is not here
      '--disable-admission-plugins=TaintNodesByCondition',
    ],
  });
  try {
    await applyConfig(controlPlane);
    const services = startServices(controlPlane, kwokFolder);
    const stop = async () => {
      await Promise.all(services.map(endService));
      await controlPlane.stop();
    };
    const operatorKubeconfig = writeOperatorKubeconfig(controlPlane);
    const assertAll = () => services.forEach(assertRunning);
    return { controlPlane, services, operatorKubeconfig, assertRunning: assertAll, stop };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

/** All of `config/default` but what would run the operator. */
async function applyConfig(controlPlane: ControlPlane): Promise<void> {
  const text = await kubectlOutput(controlPlane, ['kustomize', join(ROOT, 'config/default')]);
  const objects: ApiObject[] = parseAllDocuments(text).map((one) => one.toJS());
  const items = objects.filter(({ kind }) => !['Deployment', 'Service'].includes(kind));
  const isFirst = ({ kind }: ApiObject) => kind === 'Namespace';
  const list = { apiVersion: 'v1', kind: 'List' };
  for (const part of [items.filter(isFirst), items.filter((one) => !isFirst(one))]) {
    const manifest = JSON.stringify({ ...list, items: part });
    await kubectlOutput(controlPlane, ['apply', '--server-side', '-f', '-'], manifest);
  }
  const crd = 'crd/dumbkvs.dumbkv.dev';
  await kubectlOutput(controlPlane, ['wait', crd, '--for=condition=Established', '--timeout=60s']);
}

function startServices({ kubeconfigPath }: ControlPlane, kwokFolder: string): Service[] {
  const log = (name: string) => join(dirname(kubeconfigPath), `${name}.log`);
  const shared = [`--kubeconfig=${kubeconfigPath}`, ...ALONE, ...CLIENT_LIMITS];
  const manager = [...shared, `--controllers=${CONTROLLERS.join()}`, ...WORKERS];
  const kwok = [
    join(kwokFolder, 'kwok'),
    ...[`--kubeconfig=${kubeconfigPath}`, `--config=${join(kwokFolder, 'stages.yaml')}`],
    ...['--manage-all-nodes=true', '--node-lease-duration-seconds=0', '--node-ip=10.1.0.1'],
  ];
  return [
    startService('kube-controller-manager', manager, log('kube-controller-manager')),
    startService('kube-scheduler', shared, log('kube-scheduler')),
    startProgram('kwok', kwok, log('kwok')),
  ];
}

function writeOperatorKubeconfig(controlPlane: ControlPlane): string {
  const { serverUrl, caCertificate, kubeconfigPath } = controlPlane;
  const path = join(dirname(kubeconfigPath), 'operator.kubeconfig');
  const text = kubeconfigOf(serverUrl, caCertificate, controlPlane.tokenFor(OPERATOR_USER));
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
