// Whatever the facts: a status is the same for the same facts, is news only once, always says
// whether the instance is ready, and never says that it is stalled and going on at once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DumbKV, DumbKVStatus } from '../../../../crds/schema.ts';
import {
  CONDITION_TYPES,
  isOwnConditionType,
  isStalledReason,
  OTHER_REASONS,
  STALLED_REASONS,
  type StalledReason,
  WAITING_REASONS,
  type WaitingReason,
} from '../../../../operator/api/conditions.ts';
import type { Problem } from '../../../../operator/api/problem.ts';
import { isSameValue } from '../../../../operator/api/same-value.ts';
import { type StatusInput, statusOf } from '../../../../operator/status/compute.ts';
import type { Reach } from '../../../../operator/status/reach.ts';
import {
  boundClaim,
  dumbkv,
  endpointSlice,
  exposedIngress,
  podWithContainer,
  readyDeployment,
  readyPod,
} from '../../../support/objects.ts';
import { facts } from './facts.ts';

const KNOWN = { ...STALLED_REASONS, ...WAITING_REASONS, ...OTHER_REASONS };
const reasons = Object.keys({ ...STALLED_REASONS, ...WAITING_REASONS }) as Array<
  StalledReason | WaitingReason
>;

const small = fc.nat(2);
const anyDumbkv: fc.Arbitrary<DumbKV> = fc
  .record({
    generation: fc.nat(9),
    replicas: fc.nat(1),
    suspended: fc.boolean(),
    auth: fc.constantFrom(
      { type: 'Token' },
      { type: 'None' },
      { tokenSecretRef: { name: 'mine' } },
    ),
    ingress: fc.constantFrom(
      null,
      { host: 'a.example' },
      { host: 'a.example', tls: { issuer: 'i' } },
    ),
    deletionPolicy: fc.constantFrom('Retain', 'Delete'),
  })
  .map(({ generation, ...spec }) => dumbkv({ metadata: { generation }, spec }));

const anyClaim = fc
  .constantFrom(undefined, null, 'Pending', 'Bound', 'Lost')
  .map((phase) => (phase === undefined ? undefined : boundClaim({ status: phase && { phase } })));
const anyDeployment = fc.option(
  fc
    .record({
      replicas: small,
      updatedReplicas: small,
      readyReplicas: small,
      observedGeneration: small,
    })
    .map((status) => readyDeployment({ status })),
  { nil: undefined },
);
const crash = {
  lastState: { terminated: { exitCode: 1, message: '{"code":"DKV_CONFIG_INVALID"}' } },
};
const anyPods = fc.subarray([
  readyPod(),
  podWithContainer({ state: { running: null, waiting: { reason: 'ErrImagePull' } } }),
  podWithContainer(crash),
  readyPod({ status: null }),
]);
const anyReach: fc.Arbitrary<Reach> = fc.constantFrom<Reach>(
  { status: 'True', reason: 'Answered', message: 'Answered.' },
  { status: 'False', reason: 'Unhealthy', message: 'Answered 503.' },
  { status: 'False', reason: 'Unreachable', message: 'No answer.' },
  { status: 'Unknown', reason: 'NotVerified', message: 'Cannot ask.' },
  { status: 'Unknown', reason: 'Intercepted', message: 'A proxy answered.' },
  { status: 'Unknown', reason: 'Asking', message: 'No answer yet.' },
  { status: 'Unknown', reason: 'NotAsked', message: 'Nothing serves.' },
);
const anyProblem: fc.Arbitrary<Problem | undefined> = fc.option(
  fc.constantFrom(...reasons).map((reason) => ({ reason, message: `It is ${reason}.` })),
  { nil: undefined },
);

const anyFacts: fc.Arbitrary<StatusInput> = fc
  .record({
    dumbkv: anyDumbkv,
    isStorageClassMissing: fc.boolean(),
    reach: anyReach,
    blocked: anyProblem,
    now: fc
      .integer({ min: 0, max: 1e9 })
      .map((second) => `${new Date(second * 1000).toISOString()}`),
    children: fc.record({
      claim: anyClaim,
      deployment: anyDeployment,
      ingress: fc.constantFrom(undefined, exposedIngress(), exposedIngress({ status: null })),
      pods: anyPods,
      endpointSlices: fc.subarray([endpointSlice(), endpointSlice({ endpoints: null })]),
    }),
  })
  .map(facts);

/** The same facts, found again later by the one who wrote this status. */
const later = (input: StatusInput, status: DumbKVStatus): StatusInput => ({
  ...input,
  dumbkv: { ...input.dumbkv, status },
  now: '2031-01-01T00:00:00Z',
});

const holdsFor = (check: (status: DumbKVStatus, input: StatusInput) => void): void =>
  fc.assert(
    fc.property(anyFacts, (input) => check(statusOf(input), input)),
    { numRuns: 300 },
  );

const reasonOf = (status: DumbKVStatus, type: string): string | undefined =>
  status.conditions?.find((condition) => condition.type === type)?.reason;

describe('the status of any facts', () => {
  it('is the same for the same facts', () => {
    holdsFor((status, input) => {
      expect(statusOf(structuredClone(input))).toEqual(status);
    });
  });

  it('is no news when it is found again later', () => {
    holdsFor((status, input) => {
      expect(isSameValue(statusOf(later(input, status)), status)).toBe(true);
    });
  });

  it('always says whether the instance is ready, for this generation, first of all', () => {
    holdsFor(({ conditions, observedGeneration }, input) => {
      const { generation } = input.dumbkv.metadata;
      expect(conditions?.[0]).toMatchObject({ type: 'Ready', observedGeneration: generation });
      expect(observedGeneration).toBe(generation);
    });
  });

  it('never says that it is stalled and reconciling at once, or either when all is done', () => {
    holdsFor(({ conditions = [] }, { serving }) => {
      const progress = conditions.filter(
        ({ type }) => type === 'Stalled' || type === 'Reconciling',
      );
      const isDone = conditions[0]?.status === 'True' && serving.serves && !serving.unfinished;
      expect(progress.length).toBeLessThanOrEqual(isDone ? 0 : 1);
    });
  });

  it('gives Stalled or Reconciling the reason of Ready, or of the rest of its pods', () => {
    holdsFor((status, { serving }) => {
      const ofReady = reasonOf(status, 'Ready') as WaitingReason | 'Available';
      const unfinished = serving.serves && ofReady === 'Available' && serving.unfinished;
      const reason = unfinished ? unfinished.reason : ofReady;
      const isAsked = ['Available', 'Suspended', 'NoReplicas', 'Sleeping'].includes(reason);
      const type = isStalledReason(reason) ? 'Stalled' : 'Reconciling';
      expect(reasonOf(status, type)).toBe(isAsked ? undefined : reason);
    });
  });

  it('has only documented conditions and reasons, each once and with a sentence', () => {
    holdsFor(({ conditions = [] }) => {
      expect(conditions.every(({ type }) => isOwnConditionType(type))).toBe(true);
      expect(new Set(conditions.map(({ type }) => type)).size).toBe(conditions.length);
      expect(conditions.filter(({ reason }) => !Object.hasOwn(KNOWN, reason))).toEqual([]);
      expect(conditions.filter(({ message }) => !/\.$/.test(message))).toEqual([]);
    });
  });

  it('shows its conditions in the order in which they are documented', () => {
    const order = Object.keys(CONDITION_TYPES);
    holdsFor(({ conditions = [] }) => {
      const places = conditions.map(({ type }) => order.indexOf(type));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    });
  });
});
