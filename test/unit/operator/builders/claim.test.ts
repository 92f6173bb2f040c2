// The claim: what the spec asks for and nothing else, since class and volume are the cluster's to
// choose.
import { describe, expect, it } from 'vitest';
import { claim } from '../../../../operator/builders/claim.ts';
import { dataSetMetadata } from '../../../../operator/builders/metadata.ts';
import { boundClaim, dumbkv, STORE } from '../../../support/objects.ts';

const specOf = (storage: object) => claim(dumbkv({ spec: { storage } }), STORE).spec;

describe('the claim', () => {
  it('is a PersistentVolumeClaim with the metadata of the data set', () => {
    expect(claim(dumbkv(), STORE)).toMatchObject({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: dataSetMetadata(dumbkv(), 'orders-data', STORE),
    });
  });

  it('asks for size and access mode, and leaves class and volume out where the spec does', () => {
    expect(specOf({ size: '3Gi', accessMode: 'ReadWriteOncePod' })).toEqual({
      accessModes: ['ReadWriteOncePod'],
      resources: { requests: { storage: '3Gi' } },
    });
  });

  it('names the class of the spec', () => {
    expect(specOf({ className: 'fast' })).toMatchObject({ storageClassName: 'fast' });
  });

  it('passes on the empty class, which means a volume without one', () => {
    expect(specOf({ className: '' })).toMatchObject({ storageClassName: '' });
  });

  it('names the volume of the spec', () => {
    const spec = specOf({ className: '', volumeName: 'pv-orders' });
    expect(spec).toMatchObject({ volumeName: 'pv-orders' });
  });
});

describe('the size that a claim asks for', () => {
  const sizeFor = (size: string, status: object = {}) => {
    const spec = { resources: { requests: { storage: '2Gi' } } };
    const live = boundClaim({ spec, status: { capacity: { storage: '4Gi' }, ...status } });
    const made = claim(dumbkv({ spec: { storage: { size } } }), STORE, live).spec;
    return (made as typeof spec).resources.requests.storage;
  };

  it.each([
    ['grows beyond what the volume has', '5Gi', {}, '5Gi'],
    ['grows where nobody has said what the volume has', '3Gi', { capacity: null }, '3Gi'],
    ['stays where the volume has as much anyway', '3Gi', {}, '2Gi'],
    ['stays where the volume has just as much', '4096Mi', {}, '2Gi'],
    ['never shrinks', '1Gi', {}, '2Gi'],
    ['keeps its spelling', '2048Mi', { capacity: null }, '2Gi'],
    ['stays while there is no volume', '5Gi', { phase: 'Pending', capacity: null }, '2Gi'],
  ])('%s', (_case, size, status, expected) => {
    expect(sizeFor(size, status)).toBe(expected);
  });
});
