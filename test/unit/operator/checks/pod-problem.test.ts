// What a pod's status says of why it does not serve: the image, the server's last words, the
// scheduler.
import { describe, expect, it } from 'vitest';
import { podProblem } from '../../../../operator/checks/pod-problem.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import type { startErrors } from '../../../../server/errors.ts';
import { podWithContainer, readyPod } from '../../../support/objects.ts';

const lastLine = (code: string, msg = 'The server says why.') =>
  `${JSON.stringify({ level: 60, code, msg })}\n`;

/** A pod whose server has ended and waits to be started again. */
const crashed = (message: string | undefined, more: object = {}): KubeObject =>
  podWithContainer({
    restartCount: 3,
    state: { running: null, waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 1, reason: 'Error', message } },
    ...more,
  });

const waiting = (reason: string, message?: string): KubeObject =>
  podWithContainer({ state: { running: null, waiting: { reason, message } } });

const unschedulable = (message?: string): KubeObject =>
  readyPod({
    status: {
      containerStatuses: null,
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    },
  });

describe('no problem', () => {
  it.each<[string, KubeObject[]]>([
    ['no pods', []],
    ['a pod that runs', [readyPod()]],
    ['a pod without a status', [readyPod({ status: null })]],
    ['a container that is being made', [waiting('ContainerCreating')]],
    [
      'a container that ended well',
      [podWithContainer({ state: { running: null, terminated: { exitCode: 0 } } })],
    ],
    [
      'a pod that the scheduler has not looked at',
      [readyPod({ status: { conditions: [{ type: 'PodScheduled', status: 'False' }] } })],
    ],
    [
      'a pod that crashed and is ready again',
      [
        readyPod({
          status: {
            containerStatuses: [
              {
                ...{ name: 'server', ready: true, state: { running: {} } },
                lastState: { terminated: { exitCode: 137 } },
              },
            ],
          },
        }),
      ],
    ],
    [
      'a pod that is going away',
      [
        {
          ...crashed(lastLine('DKV_CONFIG_INVALID')),
          metadata: { name: 'old', deletionTimestamp: 'now' },
        },
      ],
    ],
  ])('is in %s', (_case, pods) => {
    expect(podProblem(pods)).toBeUndefined();
  });
});

describe('an image that cannot be pulled', () => {
  it.each([
    'ErrImagePull',
    'ImagePullBackOff',
    'InvalidImageName',
    'ErrImageNeverPull',
    'ImageInspectError',
  ])('is known by %s', (reason) => {
    expect(podProblem([waiting(reason)])?.reason).toBe('ImagePullFailed');
  });

  it("is told with its name, the kubelet's word and what to do", () => {
    const message = podProblem([waiting('ErrImagePull', 'not\n  found.')])?.message;
    expect(message).toContain('"registry.example.com/dumbkv/server:1.0.0"');
    expect(message).toContain('cannot be pulled: not found. ');
    expect(message).toContain('Correct spec.image');
  });

  it('is told in the same words while the kubelet pauses between two tries', () => {
    const tried = waiting('ErrImagePull', 'no such host');
    const pausing = waiting(
      'ImagePullBackOff',
      'Back-off pulling image "registry.example.com/x:1": ErrImagePull: no such host',
    );
    expect(podProblem([pausing])).toEqual(podProblem([tried]));
  });
});

describe('a server that ended', () => {
  const REASONS: Record<keyof typeof startErrors, string> = {
    DKV_CONFIG_INVALID: 'ServerRefusedStart',
    DKV_TOKENS_FILE_INVALID: 'TokenSecretInvalid',
    DKV_STORE_OPEN_FAILED: 'ServerCrashing',
    DKV_DISK_FULL: 'ServerCrashing',
    DKV_STORE_FOREIGN: 'ServerRefusedStart',
    DKV_STORE_CORRUPT: 'ServerRefusedStart',
    DKV_STORE_MISMATCH: 'StoreMismatch',
    DKV_STORE_MISSING: 'StoreMissing',
    DKV_STORE_REPLACED: 'ServerCrashing',
    DKV_STORE_TOO_NEW: 'ServerRefusedStart',
    DKV_STORE_NOT_DURABLE: 'ServerRefusedStart',
    DKV_STORE_CHECKPOINT_FAILED: 'ServerCrashing',
    DKV_SEALING_KEY_MISSING: 'SealingKeyMismatch',
    DKV_SEALING_KEY_INVALID: 'SealingKeyMismatch',
    DKV_SEALING_KEY_WRONG: 'SealingKeyMismatch',
    DKV_LISTEN_FAILED: 'ServerCrashing',
    DKV_START_FAILED: 'ServerCrashing',
  };

  it.each(Object.entries(REASONS))('with %s is %s', (code, reason) => {
    expect(podProblem([crashed(lastLine(code))])?.reason).toBe(reason);
  });

  it('is told with its own words, its code and where to read more', () => {
    const message = podProblem([crashed(lastLine('DKV_STORE_MISMATCH', 'Wrong store.'))])?.message;
    expect(message).toBe(
      'The server ended: Wrong store (DKV_STORE_MISMATCH). See its log: kubectl logs --previous.',
    );
  });

  it('is told with the way out where a store is not made again', () => {
    const message = podProblem([crashed(lastLine('DKV_STORE_MISSING', 'None.'))])?.message;
    expect(message).toMatch(
      /^The server ended: None \(DKV_STORE_MISSING\)\. The mark is "store-made"/,
    );
  });

  it('is told with the last line that has a code, past lines that have none', () => {
    const log = [
      lastLine('DKV_CONFIG_INVALID', 'An old word.'),
      lastLine('DKV_STORE_MISMATCH', 'The last word.'),
      '{"level":30,"msg":"no code"}\n',
      'null\n',
      'cut {"code":"DKV_CO',
    ].join('');
    expect(podProblem([crashed(log)])?.message).toContain('The last word');
  });

  it.each<[string, string | undefined]>([
    ['said nothing', undefined],
    ['said no JSON', 'Segmentation fault'],
    ['gave a code that is no word', '{"code":7,"msg":"odd"}'],
  ])('but %s is told with its exit code', (_case, log) => {
    const problem = podProblem([crashed(log)]);
    expect(problem?.reason).toBe('ServerCrashing');
    expect(problem?.message).toContain('The server ended: Error, exit code 1.');
  });

  it('is told without a word where its code has no sentence', () => {
    const message = podProblem([crashed('{"code":"DKV_LISTEN_FAILED"}')])?.message;
    expect(message).toContain('exit code 1 (DKV_LISTEN_FAILED)');
  });

  it('is told before the kubelet waits to start it again', () => {
    const terminated = { exitCode: 1, message: lastLine('DKV_STORE_MISMATCH') };
    const pod = podWithContainer({ state: { running: null, terminated } });
    expect(podProblem([pod])?.reason).toBe('StoreMismatch');
  });

  it('is told without a reason where the kubelet gives none', () => {
    const pod = podWithContainer({ state: { running: null, terminated: { exitCode: 139 } } });
    expect(podProblem([pod])?.message).toContain('no reason given, exit code 139');
  });

  it('keeps its reason while it is being started again, until it is ready', () => {
    const message = lastLine('DKV_STORE_MISMATCH');
    const restarted = podWithContainer({ lastState: { terminated: { exitCode: 1, message } } });
    expect(podProblem([restarted])).toEqual(podProblem([crashed(message)]));
  });

  it('does not fill the status with a long word', () => {
    const long = podProblem([crashed(lastLine('DKV_CONFIG_INVALID', 'x'.repeat(5000)))]);
    expect(long?.message.length).toBeLessThan(600);
    expect(long?.message).toContain('x…');
  });
});

describe('a pod without a node', () => {
  it("is told with the scheduler's word and what to do", () => {
    const problem = podProblem([unschedulable('0/3 nodes are available.')]);
    expect(problem?.reason).toBe('Unschedulable');
    expect(problem?.message).toContain('No node can take the pod: 0/3 nodes are available. Lower');
  });

  it('waits for its volume where the scheduler says that the claim has none', () => {
    const said = '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
    const problem = podProblem([unschedulable(said)]);
    expect(problem?.reason).toBe('VolumePending');
    expect(problem?.message).toContain('kubectl get storageclass');
  });

  it('is told even where the scheduler says nothing', () => {
    expect(podProblem([unschedulable()])?.message).toContain('no reason given');
  });
});

describe('of several problems', () => {
  const [image, crash, node] = [waiting('ErrImagePull'), crashed(undefined), unschedulable('full')];

  it('the image comes first, then the crash, then the node, whatever the order of the pods', () => {
    expect(podProblem([node, crash, image])?.reason).toBe('ImagePullFailed');
    expect(podProblem([node, crash])?.reason).toBe('ServerCrashing');
    expect(podProblem([readyPod(), node])?.reason).toBe('Unschedulable');
  });
});

describe('pods that are over', () => {
  it.each(['Failed', 'Succeeded'])('with the phase %s say nothing about the instance', (phase) => {
    const ended = podWithContainer({ state: { terminated: { exitCode: 137 } } });
    const over = { ...ended, status: { ...(ended.status as object), phase } };
    expect(podProblem([over])).toBeUndefined();
  });
});

describe('a container that cannot be made', () => {
  it("is told with the kubelet's words", () => {
    const problem = podProblem([waiting('CreateContainerConfigError', 'no such field')]);
    expect(problem?.reason).toBe('ServerCrashing');
    expect(problem?.message).toContain('(CreateContainerConfigError): no such field.');
  });
});
