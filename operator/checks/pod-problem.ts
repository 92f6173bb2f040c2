// What keeps a pod from serving, read from its status: the server's image and crash, then the
// containers that others added, then scheduling. Pure. status/serving.ts asks after the Deployment
// has been applied.

import type { StalledReason } from '../api/conditions.ts';
import type { Problem } from '../api/problem.ts';
import { SERVER_CONTAINER } from '../builders/pod-template.ts';
import type { KubeObject } from '../kube/resource.ts';

/** The parts of a pod that matter here; all of them may be missing on a young pod. */
interface PodStatus {
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  containerStatuses?: ContainerStatus[];
  /** Ours has none: whatever stands here was added to the pod on its way into the cluster. */
  initContainerStatuses?: ContainerStatus[];
}

interface ContainerStatus {
  name?: string;
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
  [/^DKV_STORE_MISSING$/, 'StoreMissing'],
  [/^DKV_SEALING_KEY_/, 'SealingKeyMismatch'],
  [/^DKV_TOKENS_FILE_/, 'TokenSecretInvalid'],
  [/^DKV_(CONFIG_INVALID|STORE_(FOREIGN|TOO_NEW|CORRUPT|NOT_DURABLE))$/, 'ServerRefusedStart'],
];
const ADVICE: Partial<Record<StalledReason, string>> = {
  StoreMissing:
    'The mark is "store-made" in the sealing Secret: take it out while the instance is suspended.',
};
const CONTAINER_REASONS = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
const BACK_OFF_WORDS = /^Back-off pulling image "[^"]*"(: \w+: )?/;
const DETAIL_LENGTH_MAX = 400;

/** What is wrong with a container: its reason if it is the server's, and two sentences. */
interface Trouble {
  reason: Problem['reason'];
  what: string;
  advice: string;
}

/** The problem of an instance's pods, the worst first; pods that are going away do not count. */
export function podProblem(
  pods: readonly KubeObject[],
  own: string = SERVER_CONTAINER,
): Problem | undefined {
  const statuses = pods.filter(isPresent).map(({ status }) => (status ?? {}) as PodStatus);
  const containers = statuses.flatMap(({ containerStatuses = [] }) => containerStatuses);
  const inits = statuses.flatMap(({ initContainerStatuses = [] }) => initContainerStatuses);
  const isOurs = ({ name }: ContainerStatus) => name === own;
  const added = [...inits, ...containers.filter((container) => !isOurs(container))];
  return (
    serverProblem(containers.filter(isOurs)) ??
    firstFound(added, sidecarProblem) ??
    firstFound(statuses, schedulingProblem)
  );
}

/** Whether a pod takes requests: it is ready, nothing is wrong with it, and it is to stay. */
export function isWell(pod: KubeObject): boolean {
  const { conditions = [] } = (pod.status ?? {}) as PodStatus;
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady && isPresent(pod) && podProblem([pod]) === undefined;
}

function firstFound<T, Found>(
  list: readonly T[],
  look: (one: T) => Found | undefined,
): Found | undefined {
  return list.map(look).find((found) => found !== undefined);
}

function serverProblem(containers: readonly ContainerStatus[]): Problem | undefined {
  const trouble =
    firstFound(containers, imageTrouble) ??
    firstFound(containers, makingTrouble) ??
    firstFound(containers, endTrouble);
  return trouble && { reason: trouble.reason, message: `${trouble.what} ${trouble.advice}` };
}

/** A container that is not the server's keeps the pod from being ready all the same. */
function sidecarProblem(container: ContainerStatus): Problem | undefined {
  const trouble = imageTrouble(container) ?? makingTrouble(container) ?? endTrouble(container);
  if (trouble === undefined) return undefined;
  const { name } = container;
  return {
    reason: 'SidecarFailing',
    message:
      `Container "${name}", which somebody added to the pod, keeps it from being ready. ` +
      `${trouble.what} See its log (kubectl logs -c ${name}); mend it, or have it left out.`,
  };
}

/** Pods that were evicted or have ended stay for a while, beside the one that replaced them. */
function isPresent({ metadata, status }: KubeObject): boolean {
  const phase = (status as { phase?: string } | undefined)?.phase;
  return metadata.deletionTimestamp === undefined && phase !== 'Failed' && phase !== 'Succeeded';
}

function imageTrouble({ state, image }: ContainerStatus): Trouble | undefined {
  const { reason = '', message = '' } = state?.waiting ?? {};
  if (!IMAGE_REASONS.has(reason)) return undefined;
  // between two tries the kubelet puts its own words before the cause, and the status must not flap
  const cause = detail(message.replace(BACK_OFF_WORDS, '')) || 'no cause yet';
  return {
    reason: 'ImagePullFailed',
    what: `The image "${image}" cannot be pulled: ${cause}.`,
    advice: 'Correct spec.image, or make the image reachable for the nodes.',
  };
}

/** A container that cannot even be made: a volume's Secret without its field, a refused setting. */
function makingTrouble({ state }: ContainerStatus): Trouble | undefined {
  const { reason = '', message = '' } = state?.waiting ?? {};
  if (!CONTAINER_REASONS.has(reason)) return undefined;
  const what = `The container cannot be made (${reason}): ${detail(message)}.`;
  return { reason: 'ServerCrashing', what, advice: 'Mend what it names.' };
}

function endTrouble(container: ContainerStatus): Trouble | undefined {
  if (!hasCrashed(container)) return undefined;
  const termination = container.state?.terminated ?? container.lastState?.terminated;
  const { code, text } = lastWords(termination?.message ?? '');
  const lasting = LASTING_CODES.find(([pattern]) => pattern.test(code));
  const exit = `${termination?.reason ?? 'no reason given'}, exit code ${termination?.exitCode}`;
  // of the server only its own word counts: what else stands there is of the inside
  const isServer = container.name === SERVER_CONTAINER;
  const cause = text || (!isServer && lastLine(termination?.message ?? '')) || exit;
  return {
    reason: lasting?.[1] ?? 'ServerCrashing',
    what: `The ${container.name} ended: ${detail(cause)}${code === '' ? '' : ` (${code})`}.`,
    advice: (lasting && ADVICE[lasting[1]]) ?? 'See its log: kubectl logs --previous.',
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

const lastLine = (log: string): string => log.trim().split('\n').at(-1) ?? '';

function detail(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line.length > DETAIL_LENGTH_MAX ? `${line.slice(0, DETAIL_LENGTH_MAX)}…` : line;
}
