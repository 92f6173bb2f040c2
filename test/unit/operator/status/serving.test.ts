// Whether an instance serves: every cause why not, which of two is told, and the key of its
// endpoints.
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../../operator/api/problem.ts';
import {
  claimPhase,
  claimProblem,
  type Serving,
  type ServingInput,
  servingOf,
} from '../../../../operator/status/serving.ts';
import {
  boundClaim,
  dumbkv,
  endpointSlice,
  podWithContainer,
  readyDeployment,
  servingChildren,
} from '../../../support/objects.ts';

const judge = (
  children: Partial<ServingInput['children']> = {},
  more: Partial<ServingInput> = {},
): Serving =>
  servingOf({
    dumbkv: dumbkv(),
    isStorageClassMissing: false,
    children: servingChildren(children),
    ...more,
  });

const problemOf = (serving: Serving): Problem | undefined =>
  serving.serves ? undefined : serving.problem;

const pull = podWithContainer({ state: { running: null, waiting: { reason: 'ErrImagePull' } } });
const lost = boundClaim({ status: { phase: 'Lost' } });
const rollingOut = readyDeployment({ status: { readyReplicas: 0 } });
const conditions = [
  { type: 'Available', status: 'False' },
  { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
];
const late = readyDeployment({ status: { readyReplicas: 0, conditions } });
const newTemplate = { generation: 2, annotations: { 'dumbkv.dev/template-generation': '2' } };
const lateBefore = readyDeployment({ metadata: newTemplate, status: { conditions } });
const refused = readyDeployment({
  status: {
    readyReplicas: 0,
    conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }],
  },
});
const suspended = { dumbkv: dumbkv({ spec: { suspended: true } }) };
const stopped = { dumbkv: dumbkv({ spec: { replicas: 0 } }) };
const classless = { isStorageClassMissing: true };

describe('an instance serves', () => {
  it('when its pod is ready and its Service leads to it', () => {
    expect(judge()).toEqual({ serves: true, endpoints: '10.0.0.7/uid-pod' });
  });

  it('though its claim has no word on its phase', () => {
    expect(judge({ claim: boundClaim({ status: null }) }).serves).toBe(true);
  });

  it('by an endpoint that does not say whether it is ready, which means that it is', () => {
    const slice = endpointSlice({ endpoints: [{ addresses: ['10.0.0.7'] }] });
    expect(judge({ endpointSlices: [slice] })).toEqual({ serves: true, endpoints: '10.0.0.7/' });
  });
});

describe('an instance does not serve', () => {
  it.each<[string, string, Serving]>([
    ['while it is suspended', 'Suspended', judge({}, suspended)],
    ['with no replicas', 'NoReplicas', judge({}, stopped)],
    ['without the class of its claim', 'StorageClassNotFound', judge({}, classless)],
    ['when its volume is lost', 'VolumeLost', judge({ claim: lost })],
    ['when its pod has a problem', 'ImagePullFailed', judge({ pods: [pull] })],
    ['while there is no Deployment', 'Deploying', judge({ deployment: undefined })],
    ['while its pod is not ready', 'Deploying', judge({ deployment: rollingOut })],
    ['when the cluster refuses its pod', 'ChildRejected', judge({ deployment: refused })],
    ['when its pod is late', 'ProgressDeadlineExceeded', judge({ deployment: late })],
    [
      'when its pod is late for a known cause',
      'ImagePullFailed',
      judge({ deployment: late, pods: [pull] }),
    ],
    ['when a pod of before was late', 'Deploying', judge({ deployment: lateBefore })],
    [
      'while an old pod is still there',
      'Deploying',
      judge({ deployment: readyDeployment({ status: { replicas: 2 } }) }),
    ],
    [
      'while its pod is an old one',
      'Deploying',
      judge({ deployment: readyDeployment({ status: { updatedReplicas: 0 } }) }),
    ],
    [
      'while its template was changed and its status is of before',
      'Deploying',
      judge({ deployment: readyDeployment({ metadata: newTemplate }) }),
    ],
    [
      'while the Deployment has no status',
      'Deploying',
      judge({ deployment: readyDeployment({ status: null }) }),
    ],
    ['while its Service leads nowhere', 'Deploying', judge({ endpointSlices: [] })],
    [
      'while its endpoint is not ready',
      'Deploying',
      judge({
        endpointSlices: [
          endpointSlice({
            endpoints: [{ addresses: ['10.0.0.7'], conditions: { ready: false } }],
          }),
        ],
      }),
    ],
    [
      'while its endpoint has no address',
      'Deploying',
      judge({ endpointSlices: [endpointSlice({ endpoints: [{ addresses: [] }, {}] })] }),
    ],
    [
      'while its slice has no endpoints',
      'Deploying',
      judge({ endpointSlices: [endpointSlice({ endpoints: null })] }),
    ],
  ])('%s (%s)', (_case, reason, serving) => {
    expect(problemOf(serving)?.reason).toBe(reason);
  });
});

describe('of several causes', () => {
  it('the one that hides the others is told', () => {
    const everything = { claim: lost, pods: [pull], deployment: rollingOut };
    expect(problemOf(judge(everything, { ...suspended, ...classless }))?.reason).toBe('Suspended');
    expect(problemOf(judge(everything, classless))?.reason).toBe('StorageClassNotFound');
    expect(problemOf(judge(everything))?.reason).toBe('VolumeLost');
    expect(problemOf(judge({ pods: [pull], deployment: rollingOut }))?.reason).toBe(
      'ImagePullFailed',
    );
  });

  it('suspension is told before replicas', () => {
    const both = { dumbkv: dumbkv({ spec: { suspended: true, replicas: 0 } }) };
    expect(problemOf(judge({}, both))?.reason).toBe('Suspended');
  });
});

describe('the sentence', () => {
  it.each<[string, Serving, string]>([
    ['of a suspension says how to resume', judge({}, suspended), 'Set it to false to resume'],
    ['of no replicas says how to serve', judge({}, stopped), 'Set it to 1 to serve'],
    ['of a lost volume names the claim', judge({ claim: lost }), '"orders-data"'],
    [
      'of a missing class names it',
      judge({ claim: boundClaim({ spec: { storageClassName: 'fast' } }) }, classless),
      'StorageClass "fast" does not exist',
    ],
    [
      'of a late pod says where to look',
      judge({ deployment: late }),
      'kubectl -n shop describe pod -l dumbkv.dev/instance=orders',
    ],
    [
      'of a rollout counts the pods that are ready',
      judge({ deployment: readyDeployment({ status: { replicas: 2 } }) }),
      '1 of 1 pods are ready',
    ],
    [
      'of a rollout counts no pods by a status of before',
      judge({ deployment: readyDeployment({ metadata: newTemplate }) }),
      '0 of 1 pods are ready',
    ],
    [
      'of a rollout counts no old pods',
      judge({ deployment: readyDeployment({ status: { updatedReplicas: 0 } }) }),
      '0 of 1 pods are ready',
    ],
    [
      'of a Service that leads nowhere says that the pod is ready',
      judge({ endpointSlices: [] }),
      'The pod is ready; its Service does not lead to it yet',
    ],
  ])('%s', (_case, serving, part) => {
    expect(problemOf(serving)?.message).toContain(part);
  });
});

describe('the key of the endpoints', () => {
  const endpoint = (address: string, uid: string) => ({
    addresses: [address],
    targetRef: { uid },
  });
  const keyOf = (...slices: object[][]): string | undefined => {
    const serving = judge({
      endpointSlices: slices.map((endpoints) => endpointSlice({ endpoints })),
    });
    return serving.serves ? serving.endpoints : undefined;
  };

  it('is the same in whatever order and slices they come', () => {
    const [a, b] = [endpoint('10.0.0.1', 'a'), endpoint('10.0.0.2', 'b')];
    expect(keyOf([a, b])).toBe('10.0.0.1/a,10.0.0.2/b');
    expect(keyOf([b], [a])).toBe(keyOf([a, b]));
  });

  it('changes with the pod, though the address stays', () => {
    expect(keyOf([endpoint('10.0.0.1', 'a')])).not.toBe(keyOf([endpoint('10.0.0.1', 'b')]));
  });

  it('leaves out what takes no requests', () => {
    const going = { ...endpoint('10.0.0.2', 'b'), conditions: { ready: false } };
    expect(keyOf([endpoint('10.0.0.1', 'a'), going])).toBe('10.0.0.1/a');
  });
});

describe('the claim by itself', () => {
  const input = (claim: ReturnType<typeof boundClaim> | undefined): ServingInput => ({
    dumbkv: dumbkv(),
    isStorageClassMissing: false,
    children: servingChildren({ claim }),
  });

  it('is no problem while it waits for its first pod', () => {
    expect(claimProblem(input(boundClaim({ status: { phase: 'Pending' } })))).toBeUndefined();
    expect(claimProblem(input(undefined))).toBeUndefined();
  });

  it('has the phase that the cluster says, or none', () => {
    expect(claimPhase(boundClaim())).toBe('Bound');
    expect(claimPhase(boundClaim({ status: null }))).toBeUndefined();
    expect(claimPhase(undefined)).toBeUndefined();
  });
});
