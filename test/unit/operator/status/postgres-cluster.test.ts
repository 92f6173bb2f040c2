// The condition of a Postgres that CloudNativePG runs: it answers while its primary does and as
// many replicas as writes wait for, and otherwise tells in CloudNativePG's words what is wrong.
import { describe, expect, it } from 'vitest';
import { databaseProblem, databaseReady } from '../../../../operator/status/database.ts';
import { dumbkv, servingChildren } from '../../../support/objects.ts';
import { clusterStatus, onCloudNativePg } from '../../../support/postgres-cluster.ts';

const metadata = { name: 'orders-postgres', namespace: 'shop' };
const withStatus = (status: object | undefined, changes: object = {}) =>
  servingChildren({ cluster: { metadata, ...(status && { status }) }, ...changes });
const on = (cloudNativePG?: object, rest: object = {}) =>
  dumbkv({ spec: { ...onCloudNativePg(cloudNativePG), ...rest } });
const conditionOf = (...given: Parameters<typeof databaseReady>) => databaseReady(...given)[0];

describe('a Cluster that is well', () => {
  it('answers', () => {
    const children = withStatus(clusterStatus());
    expect(databaseProblem(on(), children)).toBeUndefined();
    expect(conditionOf(on(), children)).toMatchObject({
      ...{ type: 'DatabaseReady', status: 'True', reason: 'DatabaseAnswers' },
    });
  });

  it('tells how many of its instances are missing', () => {
    const phase = 'Creating a new replica';
    const condition = conditionOf(on(), withStatus(clusterStatus(2, { phase })));
    expect(condition).toMatchObject({ status: 'True', reason: 'DatabaseDegraded' });
    expect(condition?.message).toContain('with 2 of 3 instances');
    expect(condition?.message).toContain(`CloudNativePG says: ${phase}.`);
  });

  it('tells of a lost instance, and otherwise that it has too few connections', () => {
    const parameters = { max_connections: '40' };
    const crowded = on({ instances: 3, parameters }, { replicas: 2 });
    expect(conditionOf(crowded, withStatus(clusterStatus(2)))?.reason).toBe('DatabaseDegraded');
    const condition = conditionOf(crowded, withStatus(clusterStatus()));
    expect(condition).toMatchObject({ status: 'True', reason: 'ConnectionsShort' });
    expect(condition?.message).toContain('in postgres.cloudNativePG.parameters.');
    expect(conditionOf(on(), withStatus(clusterStatus()))?.reason).toBe('DatabaseAnswers');
  });

  it('needs no replica where no write waits for one', () => {
    for (const asked of [{ instances: 1 }, { instances: 3, synchronousReplicas: 0 }]) {
      expect(databaseProblem(on(asked), withStatus(clusterStatus(1)))).toBeUndefined();
    }
  });
});

describe('a Cluster that is not', () => {
  it.each([
    ['that is not made yet', servingChildren(), 'to be made'],
    ['that nobody has looked at', withStatus(undefined), 'Check that its operator runs'],
    ['without a primary', withStatus({ phase: 'Setting up primary' }), 'Setting up primary.'],
    [
      'of which the primary is being replaced',
      withStatus(clusterStatus(3, { targetPrimary: 'pending', phase: 'Failing over' })),
      'Failing over.',
    ],
    [
      'of which the primary is not ready',
      withStatus(clusterStatus(3, { instancesStatus: { healthy: ['orders-postgres-2'] } })),
      'no primary that is ready',
    ],
    [
      'that says why',
      withStatus({ phase: 'Cluster is unrecoverable', phaseReason: 'no PVC' }),
      'Cluster is unrecoverable: no PVC.',
    ],
    [
      'of which the replicas are away',
      withStatus(clusterStatus(1)),
      'wait until a replica is ready: 0 of 2 are',
    ],
  ])('%s keeps the instance from being ready', (_case, children, said) => {
    const problem = databaseProblem(on(), children);
    expect(problem?.reason).toBe('DatabaseNotReady');
    expect(problem?.message).toContain(said);
    expect(conditionOf(on(), children)).toMatchObject({ status: 'False', ...problem });
  });

  it('may lack more than one replica', () => {
    const asked = { instances: 4, synchronousReplicas: 3 };
    const problem = databaseProblem(on(asked), withStatus(clusterStatus(3)));
    expect(problem?.message).toContain('wait until 3 replicas are ready: 2 of 3 are');
  });

  it('is missed where the API server does not know it, also by an instance that rests', () => {
    const children = servingChildren({ servesClusters: false });
    for (const dumb of [on(), on(undefined, { suspended: true })]) {
      const condition = conditionOf(dumb, children);
      expect(condition).toMatchObject({ status: 'False', reason: 'DatabaseKindMissing' });
      expect(condition?.message).toContain('Install CloudNativePG');
    }
    const resting = conditionOf(on(undefined, { suspended: true }), withStatus(clusterStatus(0)));
    expect(resting).toMatchObject({ status: 'False', reason: 'DatabaseNotReady' });
  });
});
