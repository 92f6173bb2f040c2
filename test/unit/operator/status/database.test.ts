// The condition of the database, for each place that it can be in and each way in which the pod of
// a Postgres can fail.
import { describe, expect, it } from 'vitest';
import { databaseProblem, databaseReady } from '../../../../operator/status/database.ts';
import {
  dumbkv,
  onExternal,
  podWithContainer,
  readyPod,
  servingChildren,
} from '../../../support/objects.ts';

const onPostgres = dumbkv({ spec: { engine: 'postgres' } });
const metadata = { name: 'orders-postgres', namespace: 'shop', generation: 2 };
const settled = {
  observedGeneration: 2,
  readyReplicas: 1,
  currentRevision: 'a',
  updateRevision: 'a',
};
const withSet = (status: object = settled, pods: object[] = []) =>
  servingChildren({
    postgres: { metadata, status },
    postgresPods: pods.map((found, n) => ({
      metadata: { name: `orders-postgres-${n}`, namespace: 'shop' },
      status: found,
    })),
  });
const crashed = (message: string) => ({
  containerStatuses: [
    {
      name: 'postgres',
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, message } },
    },
  ],
});

describe('the condition', () => {
  it('is not there on sqlite', () => {
    expect(databaseReady(dumbkv(), servingChildren())).toEqual([]);
  });

  it("does not pretend to know of somebody else's", () => {
    expect(databaseReady(dumbkv({ spec: onExternal }), servingChildren())).toMatchObject([
      { type: 'DatabaseReady', status: 'Unknown', reason: 'DatabaseUnverified' },
    ]);
  });

  it.each([
    ['DKV_STORE_MISSING', 'StoreMissing', onExternal],
    ['DKV_STORE_MISMATCH', 'StoreMismatch', onExternal],
    ['DKV_STORE_MISSING', 'StoreMissing', { engine: 'postgres' }],
  ])('does not hold where a server ends with %s', (code, reason, spec) => {
    const message = JSON.stringify({ code, msg: 'Not this one.' });
    const lastState = { terminated: { exitCode: 1, message } };
    const refusing = podWithContainer({ state: { waiting: {} }, lastState });
    const pods = [readyPod(), refusing];
    expect(databaseReady(dumbkv({ spec }), { ...withSet(), pods })).toMatchObject([
      { type: 'DatabaseReady', status: 'False', reason, message: expect.stringContaining(code) },
    ]);
  });

  it('holds when the Postgres takes connections', () => {
    expect(databaseReady(onPostgres, withSet())).toMatchObject([
      { type: 'DatabaseReady', status: 'True', reason: 'DatabaseAnswers' },
    ]);
  });

  it('does not hold while the instance sleeps', () => {
    const asleep = dumbkv({ spec: { engine: 'postgres', suspended: true } });
    expect(databaseReady(asleep, withSet())).toMatchObject([
      { status: 'False', reason: 'DatabaseNotReady' },
    ]);
  });
});

describe('the connections', () => {
  const conditionWith = (replicas: number, postgres: object) =>
    databaseReady(dumbkv({ spec: { engine: 'postgres', replicas, postgres } }), withSet());
  const parameters = (value: string) => ({ managed: { parameters: { max_connections: value } } });

  it.each([
    [6, {}],
    [18, { pool: { maxOpen: 10 } }],
    [8, parameters('228')],
    // Postgres itself says what is wrong with it
    [9, parameters('many')],
  ])('suffice for %d pods with %o', (replicas, postgres) => {
    expect(conditionWith(replicas, postgres)[0]?.reason).toBe('DatabaseAnswers');
  });

  it.each([
    [7, {}, 'has 197 for servers, and 8 pods (one of them during a rollout) may open 25'],
    [19, { pool: { maxOpen: 10 } }, '20 pods (one of them during a rollout) may open 10'],
    [8, parameters('227'), 'has 224 for servers'],
  ])('are too few for %d pods with %o, and Postgres serves', (replicas, postgres, message) => {
    expect(conditionWith(replicas, postgres)).toMatchObject([
      { status: 'True', reason: 'ConnectionsShort', message: expect.stringContaining(message) },
    ]);
  });
});

describe('the problem', () => {
  it.each([
    ['nothing is there', {}],
    ['an older generation is ready', { ...settled, observedGeneration: 1 }],
    ['the pod is not ready', { ...settled, readyReplicas: 0 }],
    ['the pod of before is ready', { ...settled, updateRevision: 'b' }],
  ])('is that it is waited for while %s', (_sentence, status) => {
    expect(databaseProblem(onPostgres, withSet(status))).toEqual({
      reason: 'DatabaseNotReady',
      message: 'Waiting for the Postgres of the instance to take connections.',
    });
  });

  it('is none of an instance whose database is elsewhere', () => {
    expect(databaseProblem(dumbkv(), withSet({}))).toBeUndefined();
    expect(databaseProblem(dumbkv({ spec: onExternal }), withSet({}))).toBeUndefined();
  });

  it('repeats the last line of a Postgres that ended', () => {
    const log = 'first line\nThe volume holds data of Postgres 14, not 15: set it.';
    const problem = databaseProblem(onPostgres, withSet({}, [crashed(log)]));
    expect(problem?.reason).toBe('DatabaseNotReady');
    expect(problem?.message).toMatch(/^Postgres: .*holds data of Postgres 14, not 15/);
  });

  it('names an image that cannot be pulled, and a pod that finds no node', () => {
    const waiting = { state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } };
    const pulling = { containerStatuses: [{ name: 'postgres', image: 'x:1', ...waiting }] };
    expect(databaseProblem(onPostgres, withSet({}, [pulling]))).toMatchObject({
      reason: 'ImagePullFailed',
      message: expect.stringContaining('Postgres: The image "x:1" cannot be pulled'),
    });
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
    expect(databaseProblem(onPostgres, withSet({}, [{ conditions }]))?.reason).toBe(
      'Unschedulable',
    );
  });
});
