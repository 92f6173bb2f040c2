// Containers that somebody else added to the pod: a service mesh's proxy, say, or its init
// container. What is wrong with them is told as theirs, and after what is wrong with the server.
import { describe, expect, it } from 'vitest';
import { podProblem } from '../../../../operator/checks/pod-problem.ts';
import { containerStatus, readyPod } from '../../../support/objects.ts';

const proxy = (alteration: object) =>
  containerStatus({ name: 'proxy', image: 'mesh.example/proxy:1', ready: false, ...alteration });
const ENDED = { state: { running: null, terminated: { exitCode: 3, reason: 'Error' } } };
const CRASHED = {
  state: { running: null, waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 3, reason: 'Error' } },
};
const waiting = (reason: string, message?: string) => ({
  state: { running: null, waiting: { reason, message } },
});

const beside = (status: object) =>
  readyPod({ status: { containerStatuses: [containerStatus(), proxy(status)] } });
const before = (status: object, server = waiting('PodInitializing')) =>
  readyPod({
    status: {
      initContainerStatuses: [proxy(status)],
      containerStatuses: [containerStatus({ ready: false, ...server })],
    },
  });

describe.each([
  ['beside the server', beside],
  ['before the server', before],
])('a container %s', (_where, podWith) => {
  it.each([
    ['crashes', CRASHED, 'The proxy ended: Error, exit code 3.'],
    ['ended', ENDED, 'The proxy ended: Error, exit code 3.'],
    [
      'has no image',
      waiting('ErrImagePull', 'not found'),
      'The image "mesh.example/proxy:1" cannot be pulled: not found.',
    ],
    [
      'cannot be made',
      waiting('CreateContainerConfigError', 'no such field'),
      'The container cannot be made (CreateContainerConfigError): no such field.',
    ],
  ])('that %s is named, with what to do', (_how, status, cause) => {
    expect(podProblem([podWith(status)])).toEqual({
      reason: 'SidecarFailing',
      message:
        'Container "proxy", which somebody added to the pod, keeps it from being ready. ' +
        `${cause} See its log (kubectl logs -c proxy); mend it, or have it left out.`,
    });
  });

  it.each([
    ['runs', { ready: true }],
    ['is being made', waiting('ContainerCreating')],
    ['ended well', { state: { running: null, terminated: { exitCode: 0 } } }],
    [
      'ended well at its second try',
      { state: { terminated: { exitCode: 0 } }, ...{ lastState: ENDED.state } },
    ],
  ])('that %s is no problem', (_how, status) => {
    expect(podProblem([podWith(status)])).toBeUndefined();
  });

  it('does not speak for the server, whatever it says', () => {
    const message = '{"code":"DKV_STORE_MISMATCH","msg":"Not ours."}';
    const status = { state: { running: null, terminated: { exitCode: 1, message } } };
    expect(podProblem([podWith(status)])?.reason).toBe('SidecarFailing');
  });
});

describe('of several problems', () => {
  it('the server is told before what stands beside or before it', () => {
    const pod = before(CRASHED, waiting('ErrImagePull'));
    expect(podProblem([beside(CRASHED), pod])?.reason).toBe('ImagePullFailed');
  });

  it('a container that was added is told before the scheduling of another pod', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
    const unscheduled = readyPod({ status: { containerStatuses: null, conditions } });
    expect(podProblem([unscheduled, beside(CRASHED)])?.reason).toBe('SidecarFailing');
  });
});
