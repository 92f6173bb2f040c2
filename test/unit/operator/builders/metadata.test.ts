// What every child carries: names, labels, selectors and owner references as operator/DESIGN.md
// promises them.
import { describe, expect, it } from 'vitest';
import { POD } from '../../../../operator/api/resources.ts';
import {
  CHILDREN_SELECTOR,
  claimName,
  dataSetMetadata,
  labelsFor,
  objectOf,
  ownedMetadata,
  ownerReference,
  ownTokenSecretName,
  sealingSecretName,
  selectorLabels,
  tokenSecretName,
} from '../../../../operator/builders/metadata.ts';
import { dumbkv, STORE } from '../../../support/objects.ts';

describe('the names of the parts', () => {
  it.each([
    ['claim', claimName, 'orders-data'],
    ['sealing Secret', sealingSecretName, 'orders-sealing'],
    ['token Secret', ownTokenSecretName, 'orders-token'],
  ])('%s', (_part, nameOf, name) => {
    expect(nameOf('orders')).toBe(name);
  });

  it.each([
    ['our own, where none is named', { type: 'Token' }, 'orders-token'],
    ["the user's, where one is named", { tokenSecretRef: { name: 'mine' } }, 'mine'],
    ['none, for an open instance', { type: 'None' }, undefined],
  ])('the Secret with the tokens is %s', (_case, auth, name) => {
    expect(tokenSecretName(dumbkv({ spec: { auth } }))).toBe(name);
  });
});

describe('labels', () => {
  it('that select pods are the two that never change', () => {
    expect(selectorLabels('orders')).toEqual({
      'app.kubernetes.io/name': 'dumbkv',
      'app.kubernetes.io/instance': 'orders',
    });
  });

  it('of every child say what it is, whose, and who keeps it', () => {
    expect(labelsFor('orders')).toEqual({
      'app.kubernetes.io/name': 'dumbkv',
      'app.kubernetes.io/instance': 'orders',
      'app.kubernetes.io/component': 'server',
      'app.kubernetes.io/part-of': 'dumbkv',
      'app.kubernetes.io/managed-by': 'dumbkv-operator',
      'dumbkv.dev/instance': 'orders',
    });
  });

  it('let one selector find every child of every instance', () => {
    const [label = '', value] = CHILDREN_SELECTOR.split('=');
    expect(labelsFor('orders')[label]).toBe(value);
    expect(labelsFor('carts')[label]).toBe(value);
  });
});

describe('the owner reference', () => {
  it('names the DumbKV by uid, as the one controller', () => {
    expect(ownerReference(dumbkv())).toEqual({
      apiVersion: 'dumbkv.dev/v1alpha1',
      kind: 'DumbKV',
      name: 'orders',
      uid: dumbkv().metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    });
  });

  it('is on what goes with its DumbKV, whatever the deletion policy', () => {
    for (const deletionPolicy of ['Retain', 'Delete']) {
      const owner = dumbkv({ spec: { deletionPolicy } });
      expect(ownedMetadata(owner, 'orders').ownerReferences).toEqual([ownerReference(owner)]);
    }
  });

  it('is not on the data set that is retained', () => {
    expect(dataSetMetadata(dumbkv(), 'orders-data', STORE).ownerReferences ?? []).toEqual([]);
  });

  it('is on the data set that is to be deleted', () => {
    const owner = dumbkv({ spec: { deletionPolicy: 'Delete' } });
    const { ownerReferences } = dataSetMetadata(owner, 'orders-data', STORE);
    expect(ownerReferences).toEqual([ownerReference(owner)]);
  });
});

describe('the metadata of the data set', () => {
  const metadata = dataSetMetadata(dumbkv(), 'orders-data', STORE);

  it('has the name and the namespace', () => {
    expect(metadata).toMatchObject({ name: 'orders-data', namespace: 'shop' });
  });

  it('tells which store it is', () => {
    expect(metadata.labels).toEqual({
      ...labelsFor('orders'),
      'dumbkv.dev/store-id': STORE.storeId,
      'dumbkv.dev/protected': 'false',
    });
  });

  it('tells whether it is protected, also when it no longer is', () => {
    const owner = dumbkv({ spec: { deletionProtection: true } });
    const { labels } = dataSetMetadata(owner, 'orders-data', STORE);
    expect(labels).toMatchObject({ 'dumbkv.dev/protected': 'true' });
  });

  it('tells engine, key and the DumbKV that uses it', () => {
    expect(metadata.annotations).toEqual({
      'dumbkv.dev/engine': 'sqlite',
      'dumbkv.dev/sealing-key-fingerprint': STORE.fingerprint,
      'dumbkv.dev/owner-uid': dumbkv().metadata.uid,
    });
  });
});

describe('an object of a type', () => {
  it('has its apiVersion and kind, its metadata and its fields', () => {
    const metadata = { name: 'one' };
    expect(objectOf(POD, metadata, { spec: 1 })).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: 1,
    });
  });
});
