// The status of an instance: its plain fields, and each condition for the facts that lead to it.
// That every reason leads to the right conditions is in reconcile/problems.test.ts.
import { describe, expect, it } from 'vitest';
import { obstacle, statusOf } from '../../../../operator/status/compute.ts';
import type { Reach } from '../../../../operator/status/reach.ts';
import {
  boundClaim,
  dumbkv,
  exposedDumbkv,
  exposedIngress,
  readyDeployment,
  SERVER_IMAGE,
} from '../../../support/objects.ts';
import { conditionOf, facts, NOW, typesOf, withStatus } from './facts.ts';

const unreachable: Reach = { status: 'False', reason: 'Unreachable', message: 'No answer.' };
const unhealthy: Reach = { status: 'False', reason: 'Unhealthy', message: 'Answered 503.' };
const unverified: Reach = { status: 'Unknown', reason: 'NotVerified', message: 'Cannot ask.' };
const blocked = { reason: 'NameConflict', message: 'Service "orders" is not ours.' } as const;
const waiting = { reason: 'Terminating', message: 'Service "orders" is going.' } as const;

describe('the plain fields', () => {
  it('tell all that is known of an instance that serves', () => {
    const { conditions: _, ...fields } = statusOf(facts());
    expect(fields).toEqual({
      observedGeneration: 1,
      url: 'http://orders.shop.svc',
      image: SERVER_IMAGE,
      replicas: 1,
      readyReplicas: 1,
      selector: 'app.kubernetes.io/name=dumbkv,app.kubernetes.io/instance=orders',
      credentialsSecret: 'orders-token',
      deletionPolicy: 'Retain',
      storage: { capacity: '1Gi' },
    });
  });

  it('count no pods before there is a Deployment', () => {
    const children = { deployment: undefined };
    expect(statusOf(facts({ children }))).toMatchObject({ replicas: 0, readyReplicas: 0 });
  });

  it('count the pods as the Deployment does', () => {
    const children = {
      deployment: readyDeployment({ status: { replicas: 2, readyReplicas: null } }),
    };
    expect(statusOf(facts({ children }))).toMatchObject({ replicas: 2, readyReplicas: 0 });
  });

  it('say nothing of storage before there is some', () => {
    const children = { claim: boundClaim({ status: { phase: 'Pending', capacity: null } }) };
    expect(statusOf(facts({ children }))).not.toHaveProperty('storage');
  });

  it('name no Secret for an open instance', () => {
    const open = dumbkv({ spec: { auth: { type: 'None' } } });
    expect(statusOf(facts({ dumbkv: open }))).not.toHaveProperty('credentialsSecret');
  });

  it('name the address outside the cluster only where there is one', () => {
    expect(statusOf(facts())).not.toHaveProperty('externalURL');
    const { externalURL } = statusOf(facts({ dumbkv: exposedDumbkv() }));
    expect(externalURL).toBe('http://orders.example.com');
  });

  it('are of the generation that was looked at', () => {
    const changed = dumbkv({ metadata: { generation: 7 } });
    const status = statusOf(facts({ dumbkv: changed }));
    expect(status.observedGeneration).toBe(7);
    expect(status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([
      7, 7, 7,
    ]);
  });
});

describe('Ready', () => {
  it('is the first condition, which events are made from', () => {
    expect(typesOf()).toEqual(['Ready', 'StorageReady', 'Reachable']);
  });

  it('holds when the instance serves and has answered', () => {
    expect(conditionOf('Ready')).toMatchObject({
      status: 'True',
      reason: 'Available',
      message: 'Serves at http://orders.shop.svc with 1 replica.',
    });
  });

  it('holds when nobody can ask, and says so', () => {
    const ready = conditionOf('Ready', { reach: unverified });
    expect(ready).toMatchObject({ status: 'True', reason: 'Available' });
    expect(ready?.message).toContain('Cannot ask.');
  });

  it.each([
    ['did not answer', unreachable],
    ['did not answer with success', unhealthy],
  ])('does not hold when the instance %s', (_case, reach) => {
    const { reason, message } = reach;
    expect(conditionOf('Ready', { reach })).toMatchObject({ status: 'False', reason, message });
  });

  it('does not hold when something could not be applied, though the old pod serves', () => {
    expect(conditionOf('Ready', { blocked })).toMatchObject({ status: 'False', ...blocked });
  });

  it.each([
    ['keeps', 'False' as const, '2029-01-01T00:00:00Z'],
    ['moves', 'True' as const, NOW],
  ])('%s its transition time by its status', (_case, was, time) => {
    const before = withStatus(
      facts({ now: '2029-01-01T00:00:00Z', ...(was === 'False' ? { blocked } : {}) }),
    );
    const ready = conditionOf('Ready', { dumbkv: before, blocked: waiting });
    expect(ready?.lastTransitionTime).toBe(time);
  });
});

describe('Stalled and Reconciling', () => {
  it('are not there when all is well', () => {
    expect(typesOf()).not.toEqual(expect.arrayContaining(['Stalled']));
    expect(typesOf()).not.toEqual(expect.arrayContaining(['Reconciling']));
  });

  it('Stalled says who must act', () => {
    expect(conditionOf('Stalled', { blocked })).toMatchObject({ status: 'True', ...blocked });
    expect(typesOf({ blocked })).not.toContain('Reconciling');
  });

  it('Reconciling says what is waited for', () => {
    expect(conditionOf('Reconciling', { blocked: waiting })).toMatchObject({
      status: 'True',
      ...waiting,
    });
    expect(typesOf({ blocked: waiting })).not.toContain('Stalled');
  });

  it.each([
    ['suspended', { suspended: true }],
    ['scaled to none', { replicas: 0 }],
  ])('are not there when the instance is %s, which is as asked', (_case, spec) => {
    expect(typesOf({ dumbkv: dumbkv({ spec }) })).toEqual(['Ready', 'StorageReady', 'Reachable']);
  });
});

describe('StorageReady', () => {
  it('holds when the claim is bound', () => {
    expect(conditionOf('StorageReady')).toMatchObject({
      status: 'True',
      reason: 'Bound',
      message: 'PersistentVolumeClaim "orders-data" is bound.',
    });
  });

  it.each([
    ['before there is a claim', { claim: undefined }, 'VolumePending'],
    ['while it waits', { claim: boundClaim({ status: { phase: 'Pending' } }) }, 'VolumePending'],
    ['when the volume is gone', { claim: boundClaim({ status: { phase: 'Lost' } }) }, 'VolumeLost'],
  ])('does not hold %s', (_case, children, reason) => {
    expect(conditionOf('StorageReady', { children })).toMatchObject({ status: 'False', reason });
  });

  it('does not hold without the class of the claim', () => {
    const condition = conditionOf('StorageReady', { isStorageClassMissing: true });
    expect(condition).toMatchObject({ status: 'False', reason: 'StorageClassNotFound' });
  });

  it('holds on while the instance is suspended', () => {
    const suspended = dumbkv({ spec: { suspended: true } });
    expect(conditionOf('StorageReady', { dumbkv: suspended })?.status).toBe('True');
  });
});

describe('Reachable', () => {
  it.each([unreachable, unhealthy, unverified])('says what was found out ($reason)', (reach) => {
    expect(conditionOf('Reachable', { reach })).toMatchObject(reach);
  });
});

describe('Exposed', () => {
  const exposed = { dumbkv: exposedDumbkv() };

  it('is there only with an Ingress in the spec', () => {
    expect(typesOf()).not.toContain('Exposed');
    expect(typesOf(exposed)).toEqual(['Ready', 'StorageReady', 'Reachable', 'Exposed']);
  });

  it('holds when the Ingress has an address', () => {
    const condition = conditionOf('Exposed', {
      ...exposed,
      children: { ingress: exposedIngress() },
    });
    expect(condition).toMatchObject({
      status: 'True',
      reason: 'AddressAssigned',
      message: 'Exposed at http://orders.example.com.',
    });
  });

  it.each([
    ['the Ingress is not there yet', undefined],
    ['nobody has looked at it', exposedIngress({ status: null })],
    ['it has no address', exposedIngress({ status: { loadBalancer: { ingress: [] } } })],
  ])('is unknown while %s, and Ready holds all the same', (_case, ingress) => {
    const changes = { ...exposed, children: { ingress } };
    expect(conditionOf('Exposed', changes)).toMatchObject({
      status: 'Unknown',
      reason: 'AddressPending',
    });
    expect(conditionOf('Ready', changes)?.status).toBe('True');
  });
});

describe('the obstacle', () => {
  it('is none when the instance serves', () => {
    expect(obstacle(facts())).toBeUndefined();
    expect(obstacle(facts({ reach: unverified }))).toBeUndefined();
  });

  it('is what could not be applied, before what stops it from serving, before its answer', () => {
    const children = { deployment: undefined };
    expect(obstacle(facts({ blocked, children, reach: unhealthy }))).toBe(blocked);
    expect(obstacle(facts({ children, reach: unhealthy }))?.reason).toBe('Deploying');
    expect(obstacle(facts({ reach: unhealthy }))?.reason).toBe('Unhealthy');
  });
});
