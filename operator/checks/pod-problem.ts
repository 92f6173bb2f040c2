// What keeps a pod from serving, read from its status: image, crash, scheduling. Pure.
// status/serving.ts asks after the Deployment has been applied.

import type { StalledReason } from '../api/conditions.ts';
import type { Problem } from '../api/problem.ts';
import type { KubeObject } from '../kube/resource.ts';

/** The parts of a pod that matter here; all of them may be missing on a young pod. */
interface PodStatus {
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  containerStatuses?: ContainerStatus[];
}

interface ContainerStatus {
  image?: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: Termination };
  lastState?: { terminated?: Termination };
}

interface Termination {
  exitCode?: number;
  reason?: string;
  message?: string;
}

const IMAGE_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
]);
/**
 * Errors of the server's start that no restart mends, and the reason under which they are shown.
 */
const LASTING_CODES: readonly [pattern: RegExp, reason: StalledReason][] = [
  [/^DKV_STORE_MISMATCH$/, 'StoreMismatch'],
  [/^DKV_SEALING_KEY_/, 'SealingKeyMismatch'],
  [/^DKV_TOKENS_FILE_/, 'TokenSecretInvalid'],
  [/^DKV_(CONFIG_INVALID|STORE_(FOREIGN|TOO_NEW|CORRUPT|NOT_DURABLE))$/, 'ServerRefusedStart'],
];
const CONTAINER_REASONS = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
const BACK_OFF_WORDS = /^Back-off pulling image "[^"]*"(: \w+: )?/;
const DETAIL_LENGTH_MAX = 400;

/** The problem of an instance's pods, the worst first; pods that are going away do not count. */
export function podProblem(pods: readonly KubeObject[]): Problem | undefined {
  const present = pods.filter((pod) => isPresent(pod));
  const find = (look: (status: PodStatus) => Problem | undefined): Problem | undefined =>
    present
      .map((pod) => look((pod.status ?? {}) as PodStatus))
      .find((found) => found !== undefined);
  return (
    find(imageProblem) ?? find(containerProblem) ?? find(crashProblem) ?? find(schedulingProblem)
  );
}

/** Pods that were evicted or have ended stay for a while, beside the one that replaced them. */
function isPresent({ metadata, status }: KubeObject): boolean {
  const phase = (status as { phase?: string } | undefined)?.phase;
  return metadata.deletionTimestamp === undefined && phase !== 'Failed' && phase !== 'Succeeded';
}

function imageProblem(status: PodStatus): Problem | undefined {
  const container = status.containerStatuses?.find(({ state }) =>
    IMAGE_REASONS.has(state?.waiting?.reason ?? ''),
  );
  if (container === undefined) return undefined;
  // between two tries the kubelet puts its own words before the cause, and the status must not flap
  const cause = (container.state?.waiting?.message ?? '').replace(BACK_OFF_WORDS, '');
  return {
    reason: 'ImagePullFailed',
    message:
      `The image "${container.image}" cannot be pulled: ${detail(cause) || 'no cause yet'}. ` +
      'Correct spec.image, or make the image reachable for the nodes.',
  };
}

/** A container that cannot even be made: a volume's Secret without its field, a refused setting. */
function containerProblem(status: PodStatus): Problem | undefined {
  const container = status.containerStatuses?.find(({ state }) =>
    CONTAINER_REASONS.has(state?.waiting?.reason ?? ''),
  );
  if (container === undefined) return undefined;
  const { reason, message = '' } = container.state?.waiting ?? {};
  return {
    reason: 'ServerCrashing',
    message: `The container cannot be made (${reason}): ${detail(message)}. Mend what it names.`,
  };
}

function crashProblem(status: PodStatus): Problem | undefined {
  const container = status.containerStatuses?.find(hasCrashed);
  if (container === undefined) return undefined;
  const termination = container.state?.terminated ?? container.lastState?.terminated;
  const { code, text } = lastWords(termination?.message ?? '');
  const lasting = LASTING_CODES.find(([pattern]) => pattern.test(code));
  const cause =
    text === ''
      ? `${termination?.reason ?? 'no reason given'}, exit code ${termination?.exitCode}`
      : text;
  return {
    reason: lasting?.[1] ?? 'ServerCrashing',
    message:
      `The server ended: ${detail(cause)}${code === '' ? '' : ` (${code})`}. See its log: ` +
      'kubectl logs --previous.',
  };
}

/**
 * A container that has ended badly and is not ready again: each try to start it ends the same way.
 */
function hasCrashed({ ready, state, lastState }: ContainerStatus): boolean {
  if (state?.terminated !== undefined) return state.terminated.exitCode !== 0;
  return ready !== true && (lastState?.terminated?.exitCode ?? 0) !== 0;
}

function schedulingProblem(status: PodStatus): Problem | undefined {
  const condition = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (condition?.status !== 'False' || condition.reason !== 'Unschedulable') return undefined;
  const cause = detail(condition.message ?? 'no reason given');
  // the scheduler's words where the claim has no volume: no resource is short then
  if (/persistentvolumeclaim/i.test(cause)) {
    const message =
      `The claim has no volume yet (${cause}). Check that its storage class exists and ` +
      'makes volumes: kubectl get storageclass.';
    return { reason: 'VolumePending', message };
  }
  return {
    reason: 'Unschedulable',
    message: `No node can take the pod: ${cause}. Lower spec.resources, or add room there.`,
  };
}

/** The last line of a log that is JSON with a code: the server's own word on why it ended. */
function lastWords(log: string): { code: string; text: string } {
  const lines = log.trim().split('\n').reverse();
  for (const line of lines) {
    try {
      const entry = JSON.parse(line) as { code?: unknown; msg?: unknown };
      if (typeof entry.code === 'string')
        return { code: entry.code, text: String(entry.msg ?? '') };
    } catch {
      // a line cut by the kubelet, or not the server's: look at the one before
    }
  }
  return { code: '', text: '' };
}

function detail(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line.length > DETAIL_LENGTH_MAX ? `${line.slice(0, DETAIL_LENGTH_MAX)}…` : line;
}
