// Whose an object is: ours, somebody else's, or on its way out.
import { describe, expect, it } from 'vitest';
import { ownershipProblem } from '../../../../operator/apply/ownership.ts';
import type { ManagedFields, OwnerReference } from '../../../../operator/kube/resource.ts';
import { altered, combined } from '../../../support/alteration.ts';
import {
  boundClaim,
  dumbkv,
  ownTokenSecret,
  readyDeployment,
  sealingSecretAsRead,
} from '../../../support/objects.ts';

const owner = (change: Partial<OwnerReference>): object => ({
  metadata: {
    ownerReferences: [
      {
        apiVersion: 'v1',
        kind: 'DumbKV',
        name: 'orders',
        uid: 'other',
        controller: true,
        ...change,
      },
    ],
  },
});
const problemOf = (alteration: object, live = readyDeployment()) =>
  ownershipProblem(dumbkv(), altered(live, alteration));

const OURS = { manager: 'dumbkv-operator', operation: 'Update' } as const;
const unlabelled = { metadata: { labels: null } };
/** Without labels and owner, with one manager of its fields. */
const lost = (manager: Pick<ManagedFields, 'manager' | 'operation'>): object =>
  combined(unlabelled, {
    metadata: { ownerReferences: null, annotations: null, managedFields: [manager] },
  });
const going = { metadata: { deletionTimestamp: '2030-01-01T00:00:00Z' } };

describe('an object is ours', () => {
  it.each<[string, object]>([
    ['when this DumbKV controls it', {}],
    ['when this DumbKV controls it, though it lost its labels', unlabelled],
    [
      'beside owners that do not control it',
      {
        metadata: {
          ownerReferences: [
            { kind: 'Backup', name: 'b', uid: 'b' },
            { kind: 'DumbKV', name: 'orders', uid: dumbkv().metadata.uid, controller: true },
          ],
        },
      },
    ],
    ['when nobody controls it and it carries our labels', { metadata: { ownerReferences: null } }],
    [
      'when somebody only owns it and it carries our labels',
      owner({ kind: 'Backup', controller: false }),
    ],
  ])('%s', (_case, alteration) => {
    expect(problemOf(alteration)).toBeUndefined();
  });

  it('when it lost its labels and its owner, but was written by this operator', () => {
    for (const operation of ['Apply', 'Update'] as const) {
      expect(problemOf(lost({ manager: 'dumbkv-operator', operation }))).toBeUndefined();
    }
  });

  it('when it is the retained claim, which nobody controls', () => {
    expect(problemOf({}, boundClaim())).toBeUndefined();
  });

  it('when it is a claim that goes with this DumbKV, though it lost all else', () => {
    const { uid } = dumbkv().metadata;
    const bare = { metadata: { labels: null, annotations: null } };
    for (const controller of [true, false]) {
      const claim = altered(boundClaim(bare), owner({ uid, controller }));
      expect(problemOf({}, claim)).toBeUndefined();
    }
  });
});

describe("an object is somebody else's", () => {
  it.each<[string, object]>([
    ['when another kind controls it', owner({ kind: 'StatefulSet' })],
    ['when a DumbKV of another name controls it', owner({ name: 'carts' })],
    ['when another controls it, though it carries our labels', owner({ kind: 'App', name: 'x' })],
    [
      'when nobody controls it and it has no labels',
      combined(unlabelled, { metadata: { ownerReferences: null } }),
    ],
    ['when another wrote it', lost({ manager: 'kubectl', operation: 'Update' })],
    [
      'when this operator wrote it, and it was given to another',
      combined(lost(OURS), { metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } }),
    ],
    [
      'when this operator wrote it, and another controls it now',
      combined(lost(OURS), owner({ kind: 'App' })),
    ],
    [
      'when it carries the labels of another instance',
      { metadata: { ownerReferences: null, labels: { 'dumbkv.dev/instance': 'carts' } } },
    ],
    [
      'when it only goes with this DumbKV',
      combined(unlabelled, owner({ uid: dumbkv().metadata.uid, controller: false })),
    ],
    [
      'when another keeps it',
      { metadata: { ownerReferences: null, labels: { 'app.kubernetes.io/managed-by': 'Helm' } } },
    ],
  ])('%s', (_case, alteration) => {
    expect(problemOf(alteration)?.reason).toBe('NameConflict');
  });

  it('when it is a claim without any mark, whoever wrote it', () => {
    expect(problemOf(lost(OURS), boundClaim())?.reason).toBe('NameConflict');
  });

  it('and of a claim without any mark it is said how to give it back', () => {
    const message = problemOf(lost(OURS), boundClaim())?.message;
    const { uid } = dumbkv().metadata;
    const command = `annotate --overwrite -n shop pvc orders-data dumbkv.dev/owner-uid=${uid}`;
    expect(message).toContain(command);
    expect(problemOf(owner({ kind: 'App' }), boundClaim())?.message).not.toContain('annotate');
  });

  it('and nobody is told to delete a claim or a Secret', () => {
    for (const live of [boundClaim(), ownTokenSecret(), sealingSecretAsRead()]) {
      const message = problemOf(owner({ kind: 'App' }), live)?.message;
      expect(message).toContain('give this DumbKV another name');
      expect(message).not.toMatch(/delete/i);
    }
  });

  it('and the sentence names its controller', () => {
    expect(problemOf(owner({ kind: 'StatefulSet', name: 'db' }))?.message).toContain(
      'Deployment "orders" exists and is owned by StatefulSet "db"',
    );
  });

  it('and the sentence says that the operator did not make it, and what to do', () => {
    const message = problemOf({ metadata: { ownerReferences: null, labels: null } })?.message;
    expect(message).toContain('not made by this operator');
    expect(message).toContain('Delete or rename it');
  });
});

describe('an object is on its way out', () => {
  it.each<[string, object]>([
    ['when it is being deleted', going],
    ["when it is being deleted, even somebody else's", combined(owner({ kind: 'App' }), going)],
    ['when an earlier DumbKV of the same name controls it', owner({ uid: 'earlier' })],
  ])('%s', (_case, alteration) => {
    expect(problemOf(alteration)).toMatchObject({
      reason: 'Terminating',
      message: expect.stringContaining('Deployment "orders"'),
    });
  });
});
