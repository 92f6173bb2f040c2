// An operator as its manifests install it: with a token of its own service account, so that it may
// do what its roles say and no more; and what those roles say.
import { afterAll, beforeAll } from 'vitest';
import { auditedRequests, deedsIn } from '../../support/audit-log.ts';
import { type ControlPlane, kubectlOutput } from '../../support/control-plane.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import { OperatorRun, operatorClient } from '../../support/operator-run.ts';

export const CONFIG = new URL('../../../config/', import.meta.url).pathname;

/** The name of the operator's service account as the API server knows it. */
export const userOf = (namespace: string) => `system:serviceaccount:${namespace}:dumbkv-operator`;

export interface Installation {
  controlPlane: () => ControlPlane;
  /** A token of the operator's own service account, as its pod would have. */
  tokenIn: (namespace: string) => Promise<string>;
  /** Starts an operator as its manifests do, and waits until it has listed all unless told not. */
  startIn: (
    namespace: string,
    environment?: Record<string, string>,
    willSync?: boolean,
  ) => Promise<OperatorRun>;
  /** Ends all operators. */
  stop: () => Promise<void>;
}

/** A control plane with an audit log and `config/default`, for the whole of a test file. */
export function useInstallation(apiServerArguments: string[] = []): Installation {
  const controlPlane = useControlPlane({ audit: true, crd: false, apiServerArguments });
  const runs: { run: OperatorRun; close: () => Promise<void> }[] = [];
  beforeAll(async () => {
    await kubectlOutput(controlPlane(), ['apply', '--server-side', '-k', `${CONFIG}default`]);
    const crd = 'crd/dumbkvs.dumbkv.dev';
    await kubectlOutput(controlPlane(), ['wait', crd, '--for=condition=Established']);
  });
  const stop = async () => {
    for (const { run, close } of runs.splice(0)) {
      await run.stop();
      await close();
    }
  };
  afterAll(stop);
  const tokenIn = async (namespace: string) => {
    const args = ['create', 'token', 'dumbkv-operator', '--namespace', namespace];
    return (await kubectlOutput(controlPlane(), args)).trim();
  };
  const startIn = async (namespace: string, environment = {}, willSync = true) => {
    const { client, close } = operatorClient(controlPlane(), await tokenIn(namespace));
    const run = new OperatorRun({
      ...{ client, clock: hurriedClock(10) },
      environment: { LEADER_ELECTION: 'true', POD_NAMESPACE: namespace, ...environment },
    });
    runs.push({ run, close });
    if (willSync) await run.synced();
    return run;
  };
  return { controlPlane, tokenIn, startIn, stop };
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** The rights that a role gives, as sentences like those of what was done: `get secrets`. */
async function rightsIn(controlPlane: ControlPlane, role: string[]): Promise<string[]> {
  const json = await kubectlOutput(controlPlane, ['get', '--output', 'json', ...role]);
  const { rules } = JSON.parse(json) as { rules: Rule[] };
  return rules.flatMap(({ apiGroups, resources, verbs }) => {
    const places = apiGroups.flatMap((group) =>
      resources.map((resource) => (group === '' ? resource : `${group}/${resource}`)),
    );
    return places.flatMap((place) => verbs.map((verb) => `${verb} ${place}`));
  });
}

/** The rights of the operator in a namespace, by its role there, that it did not use so far. */
export async function unusedRights(
  controlPlane: ControlPlane,
  namespace: string,
  role: string[],
): Promise<string[]> {
  const leader = ['role/dumbkv-operator-leader-election', '--namespace', namespace];
  const rights = await Promise.all([role, leader].map((one) => rightsIn(controlPlane, one)));
  const requests = auditedRequests(controlPlane, userOf(namespace));
  // an apply that makes an object needs the right to create it too
  const made = requests.filter(({ verb, code }) => verb === 'patch' && code === 201);
  const created = made.map((request) => ({ ...request, verb: 'create' }));
  const used = new Set(deedsIn([...requests, ...created]));
  return rights.flat().filter((right) => !used.has(right));
}
