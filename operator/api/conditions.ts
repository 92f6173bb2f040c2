// The conditions of a DumbKV: their types, every reason with its meaning, and how a condition
// changes. Pure; status/compute.ts decides which of them hold.
import type { Condition } from '../../crds/schema.ts';

/** What each condition of the operator's own tells, in the order in which they are shown. */
export const CONDITION_TYPES = {
  Ready: 'The instance serves requests as asked, if not with all of its pods yet.',
  Reconciling: 'There only while true: the operator is bringing the instance to what is asked.',
  Stalled: 'There only while true: it cannot go on until somebody acts.',
  StorageReady: 'There only with a volume: the claim is bound to it.',
  StoragePressure: 'There only while true: the volume is nearly full.',
  DatabaseReady: 'There only on postgres: the database takes connections.',
  Reachable: 'The instance answered through its Service since its endpoints last changed.',
  Exposed: 'There only with an Ingress or HTTPRoute, asked for or not yet gone: it leads in.',
  UpdateAvailable: 'There only while true: a restart would bring another image or pod template.',
  Autoscaling: 'There only where it is asked for: the load sets the number of pods.',
  RotationIgnored: "There only while true: a new token is asked for, and none is the operator's.",
} as const;

export type ConditionType = keyof typeof CONDITION_TYPES;

/**
 * Whether a condition is ours to state or to take away, be it one of an older version. Others may
 * keep their own in the same list, with a prefix: `example.com/BackedUp`.
 */
export function isOwnConditionType(type: string): boolean {
  return !type.includes('/');
}

/**
 * Why an instance cannot go on until somebody acts; each is the reason of `Stalled` and of `Ready`.
 */
export const STALLED_REASONS = {
  AdoptionRefused: 'Retained data of this name may not be taken over, or is of another engine.',
  ChildRejected:
    'The API server refused a child: a quota, a policy, a missing right or a bad value.',
  Contested: 'Somebody changes the spec of a child each time the operator has put it back.',
  DatabaseKindMissing:
    'The API server does not know the Clusters of CloudNativePG; they are looked for each minute.',
  DatabaseSecretInvalid:
    'The Secret with the URL of the Postgres lacks its label, its key or a URL.',
  DatabaseSecretMissing: 'The Secret that spec.postgres.external.urlSecretRef names is not there.',
  HostConflict: "A host is another DumbKV's, which came first; there is no Ingress or HTTPRoute.",
  ImageNotAllowed: 'An image of the spec is not under a prefix that the operator allows.',
  NameConflict: 'An object of a name that the instance needs belongs to somebody else.',
  SealingKeyMismatch: 'The sealing Secret holds another key than the one the data was sealed with.',
  SealingKeyMissing: 'The data is there, but the Secret with its sealing key is not.',
  ServerRefusedStart: 'The server ended at its start with an error that a restart does not mend.',
  StoreMismatch: 'The volume holds the store of another instance.',
  StoreMissing: 'The store was made before, and the database or volume holds none now.',
  TimeZoneUnknown: 'The operator does not know the time zone of spec.sleep, so nothing sleeps.',
  TokenSecretInvalid: 'The token Secret lacks its label, its field or a token.',
  TokenSecretMissing: 'The Secret that spec.auth.tokenSecretRef names does not exist.',
  Undone: 'An admission policy or webhook changes the spec of a child as it is written.',
} as const;

/** Why an instance is not ready yet, though nobody has to act, or not at once. */
export const WAITING_REASONS = {
  ChildFailing: 'The API server failed while a child was written; the operator tries again.',
  DatabaseNotReady: 'The Postgres of the instance is being made, is starting, or fails.',
  Deploying: 'The pod is being made, is starting, or is being replaced.',
  ImagePullFailed: 'The node cannot pull the image; the kubelet keeps trying.',
  NoReplicas: 'spec.replicas is 0.',
  ProgressDeadlineExceeded: 'The pod did not become ready in time; Kubernetes keeps trying.',
  ServerCrashing: 'The server ended and is being started again.',
  SidecarFailing: 'A container that somebody added to the pod keeps it from being ready.',
  Sleeping: 'spec.sleep lets it have no pods now; everything else is kept.',
  StorageClassNotFound: 'The storage class that the claim names does not exist.',
  Suspended: 'spec.suspended is true: no pods, everything else kept.',
  Terminating: 'An older object of the same name is still being deleted.',
  Unhealthy: 'The server answers through its Service, but not with success.',
  Unreachable: 'The pod is ready, but did not answer through its Service yet.',
  Unschedulable: 'No node can take the pod.',
  VolumeLost: 'The volume that the claim was bound to is gone.',
  VolumePending: 'The claim waits for its volume.',
} as const;

/** Reasons of conditions that hold, and of the parts of an instance. */
export const OTHER_REASONS = {
  AddressAssigned: 'An ingress controller gave the Ingress an address.',
  AddressPending: 'No ingress controller has given the Ingress an address yet.',
  Answered: 'The server answered a GET through its Service.',
  Asking: 'The operator asks through the Service; there is no answer yet.',
  Available: 'The instance serves requests.',
  Bound: 'The claim is bound to its volume.',
  ConnectionsShort: 'Postgres serves, but has fewer connections than all pods may open.',
  DatabaseAnswers: 'The Postgres of the instance takes connections.',
  DatabaseDegraded: 'Postgres takes connections, but not all of its instances are ready.',
  DatabaseUnverified: 'The operator does not run the database; the server asks it.',
  Expanding: 'The volume is being made larger; the instance serves meanwhile.',
  ExpansionRefused: 'The volume cannot be made larger; the instance serves with what it has.',
  Intercepted:
    'A proxy or a mesh is in the way of the operator; readiness follows the endpoint alone.',
  MetricsMissing: 'The load cannot be told, so the number of pods stays as it is.',
  NoOwnToken: "The instance is open, or its tokens are the user's, so there is nothing to rotate.",
  NotAsked: 'Nothing serves now, so nothing was asked.',
  NotVerified:
    'The operator cannot ask through the Service, so readiness follows the endpoint alone.',
  ReleaseDiffers: 'The pods are pinned to what another release of the operator gave them.',
  RouteAccepted: 'Each Gateway has taken the HTTPRoute.',
  RouteKindMissing: 'The API server does not know HTTPRoutes; they are looked for each minute.',
  RoutePending: 'A Gateway has not taken the HTTPRoute yet.',
  RouteRefused: 'A Gateway does not take the HTTPRoute.',
  VolumeAlmostFull: 'At least 85 % of the volume was used, and it is not less than 80 % since.',
  ScalingActive: 'The load sets the number of pods.',
  ScalingPending: 'Nobody has looked at the load yet.',
  ScalingStopped: 'The instance has no pods, so nothing scales it.',
} as const;

export type StalledReason = keyof typeof STALLED_REASONS;
export type WaitingReason = keyof typeof WAITING_REASONS;
export type Reason = StalledReason | WaitingReason | keyof typeof OTHER_REASONS;

/** Whether somebody must act before an instance can go on. */
export function isStalledReason(reason: Reason): reason is StalledReason {
  return Object.hasOwn(STALLED_REASONS, reason);
}

/** A condition as status/compute.ts states it, before times are known. */
export interface ConditionStatement {
  type: ConditionType;
  status: 'True' | 'False' | 'Unknown';
  reason: Reason;
  message: string;
}

/**
 * The statements as conditions: a transition time changes only when the status does.
 * @param now RFC 3339 time of this reconcile
 */
export function conditionsFrom(
  statements: readonly ConditionStatement[],
  previous: readonly Condition[],
  generation: number,
  now: string,
): Condition[] {
  return statements.map((statement) => {
    const before = previous.find(({ type }) => type === statement.type);
    const unchanged = before?.status === statement.status;
    return {
      type: statement.type,
      status: statement.status,
      observedGeneration: generation,
      lastTransitionTime: unchanged ? before.lastTransitionTime : now,
      reason: statement.reason,
      message: statement.message,
    };
  });
}
