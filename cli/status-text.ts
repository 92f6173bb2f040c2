// What `status` prints: the state in a line, the parts, the conditions, and what to do. Pure.
// commands/status.ts fetches what it needs.
import type { Condition, DumbKV } from '../crds/schema.ts';
import type { ApiObject } from './kubectl.ts';
import { age, textTable } from './text-table.ts';

/** The children that are shown. */
export interface Parts {
  pods: readonly ApiObject[];
  claims: readonly ApiObject[];
}

interface ContainerStatus {
  restartCount: number;
  state?: { waiting?: { reason?: string } };
}

/** A condition of an instance. */
export const conditionOf = ({ status }: DumbKV, type: string): Condition | undefined =>
  status?.conditions?.find((one) => one.type === type);

/** Whether the operator has looked at the spec as it is now. */
export const isCurrent = ({ metadata, status }: DumbKV): boolean =>
  status?.observedGeneration === metadata.generation;

/** Whether an instance serves what its spec asks now. */
export const isReady = (dumbkv: DumbKV): boolean =>
  isCurrent(dumbkv) && conditionOf(dumbkv, 'Ready')?.status === 'True';

/** None while it is suspended, or its schedule has it sleep. */
const wantedPods = (dumbkv: DumbKV): number =>
  dumbkv.spec.suspended || conditionOf(dumbkv, 'Ready')?.reason === 'Sleeping'
    ? 0
    : dumbkv.spec.replicas;

/** Ready or not, in the words of the condition. */
function verdict(dumbkv: DumbKV): string {
  if (!isCurrent(dumbkv)) return 'Unknown';
  const ready = conditionOf(dumbkv, 'Ready');
  if (conditionOf(dumbkv, 'Stalled')?.status === 'True') return 'Stalled';
  return ready?.status === 'True' ? 'Ready' : 'Not ready';
}

/** All instances, those that need somebody first. */
export function statusTable(all: readonly DumbKV[], now: Date): string[] {
  if (all.length === 0) return ['There is no DumbKV here; -A looks in all namespaces.'];
  const urgency = ['Stalled', 'Unknown', 'Not ready', 'Ready'];
  const sorted = [...all].sort(
    (one, other) => urgency.indexOf(verdict(one)) - urgency.indexOf(verdict(other)),
  );
  const rows = sorted.map((dumbkv) => {
    const { metadata, spec, status } = dumbkv;
    const pods = `${status?.readyReplicas ?? 0}/${wantedPods(dumbkv)}`;
    const reason = conditionOf(dumbkv, 'Ready')?.reason ?? '';
    const since = age(metadata.creationTimestamp, now);
    return [metadata.namespace, metadata.name, verdict(dumbkv), reason, spec.engine, pods, since];
  });
  return textTable([['NAMESPACE', 'NAME', 'STATE', 'REASON', 'ENGINE', 'PODS', 'AGE'], ...rows]);
}

/** One instance. */
export function statusText(dumbkv: DumbKV, parts: Parts, now: Date): string[] {
  const { metadata } = dumbkv;
  const reason = conditionOf(dumbkv, 'Ready')?.reason;
  const state = `${verdict(dumbkv)}${reason === undefined ? '' : ` (${reason})`}`;
  return [
    `${metadata.namespace}/${metadata.name}: ${state}`,
    '',
    ...facts(dumbkv, parts, now),
    ...section('Conditions', conditionRows(dumbkv, now)),
    ...section('Pods', podRows(parts.pods, now)),
    '',
    'What to do',
    ...advice(dumbkv, parts).map((sentence) => `  ${sentence}`),
  ];
}

const section = (title: string, rows: readonly (readonly string[])[]): string[] =>
  rows.length < 2 ? [] : ['', title, ...textTable(rows).map((line) => `  ${line}`)];

function facts(dumbkv: DumbKV, { claims }: Parts, now: Date): string[] {
  const { spec, status, metadata } = dumbkv;
  const rows = [
    [
      'engine',
      spec.engine === 'postgres' ? `postgres (${spec.postgres?.type ?? 'Managed'})` : 'sqlite',
    ],
    ['pods', `${status?.readyReplicas ?? 0} of ${wantedPods(dumbkv)} ready`],
    ['URL', status?.url ?? ''],
    ['outside', status?.externalURL ?? ''],
    ['image', status?.image ?? ''],
    ...claims.map((claim) => ['volume', volumeOf(claim)]),
    ['tokens', status?.credentialsSecret ? `Secret ${status.credentialsSecret}` : openness(dumbkv)],
    ['age', age(metadata.creationTimestamp, now)],
  ];
  return textTable(rows.filter(([, value]) => value !== '')).map((line) => `  ${line}`);
}

const openness = ({ spec }: DumbKV): string =>
  spec.auth.type === 'None' ? 'none: whoever reaches it may do everything' : '';

function volumeOf({ metadata, spec, status }: ApiObject): string {
  const { phase, capacity } = (status ?? {}) as { phase?: string; capacity?: { storage?: string } };
  const { storageClassName, resources } = (spec ?? {}) as {
    storageClassName?: string;
    resources?: { requests?: { storage?: string } };
  };
  const size = capacity?.storage ?? `${resources?.requests?.storage} asked`;
  const className = storageClassName ? `, class ${storageClassName}` : '';
  return `${metadata.name}: ${phase ?? 'Pending'}, ${size}${className}`;
}

function conditionRows({ status }: DumbKV, now: Date): string[][] {
  const rows = (status?.conditions ?? []).map(
    ({ type, status: is, reason, lastTransitionTime }) => [
      ...[type, is, reason, age(lastTransitionTime, now)],
    ],
  );
  return [['TYPE', 'STATUS', 'REASON', 'SINCE'], ...rows];
}

const containersOf = ({ status }: ApiObject): ContainerStatus[] =>
  (status?.containerStatuses as ContainerStatus[] | undefined) ?? [];

const restartsOf = (pod: ApiObject): number =>
  containersOf(pod).reduce((sum, { restartCount }) => sum + restartCount, 0);

function podRows(pods: readonly ApiObject[], now: Date): string[][] {
  const rows = pods.map((pod) => {
    const waiting = containersOf(pod).find(({ state }) => state?.waiting)?.state?.waiting?.reason;
    const phase = waiting ?? String(pod.status?.phase ?? '');
    const node = String(pod.spec?.nodeName ?? 'no node yet');
    const since = age(pod.metadata.creationTimestamp, now);
    return [pod.metadata.name, phase, `${restartsOf(pod)} restarts`, node, since];
  });
  return [['NAME', 'STATE', 'RESTARTS', 'NODE', 'AGE'], ...rows];
}

/** What the user should do: the operator's own words where it has some. */
export function advice(dumbkv: DumbKV, { pods }: Parts): string[] {
  const { name } = dumbkv.metadata;
  if (!isCurrent(dumbkv)) {
    return [
      'The operator has not looked at this version of the spec yet. If that stays so, it is not',
      'running, or does not look after this namespace: see the pods and logs of dumbkv-operator.',
    ];
  }
  const wrong = (dumbkv.status?.conditions ?? []).filter(isWrong).map(({ message }) => message);
  const sentences = [...new Set(wrong)];
  if (dumbkv.spec.suspended) sentences.push(`To start it: kubectl dumbkv resume ${name}`);
  if (pods.some((pod) => restartsOf(pod) > 0)) {
    sentences.push(`Containers were restarted: kubectl dumbkv logs ${name} --previous`);
  }
  return sentences.length > 0 ? sentences : ['Nothing.'];
}

/** These tell that there is something to do when they are true. */
const TO_DO_WHEN_TRUE = ['Stalled', 'StoragePressure', 'UpdateAvailable', 'RotationIgnored'];

/** The others are bad news when false, not when nobody knows. */
function isWrong({ type, status }: Condition): boolean {
  if (TO_DO_WHEN_TRUE.includes(type)) return status === 'True';
  return type !== 'Reconciling' && status === 'False';
}
