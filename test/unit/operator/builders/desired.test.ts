// All children together: which there are, in which order, and what must be true of each of them.
import { describe, expect, it } from 'vitest';
import { labelsFor, ownerReference } from '../../../../operator/builders/metadata.ts';
import { apiVersion } from '../../../../operator/kube/resource.ts';
import { desiredChildren } from '../../../support/children.ts';
import { dumbkv, exposedDumbkv, SERVER_IMAGE, STORE } from '../../../support/objects.ts';

const desired = (owner = exposedDumbkv()) => desiredChildren(owner, STORE, SERVER_IMAGE);
const kinds = (owner = dumbkv()) => desired(owner).map(({ type }) => type.kind);

describe('the desired children', () => {
  it('have an Ingress only where the spec asks for one', () => {
    expect(kinds()).not.toContain('Ingress');
  });

  it('are all there while the instance is suspended', () => {
    expect(kinds(dumbkv({ spec: { suspended: true } }))).toEqual(kinds());
  });

  it('never hold a Secret, which is not applied but created once', () => {
    expect(kinds(exposedDumbkv())).not.toContain('Secret');
  });

  it.each(desired())('$type.kind says its apiVersion and kind', ({ type, object }) => {
    expect(object).toMatchObject({ apiVersion: apiVersion(type), kind: type.kind });
  });

  it.each(desired())('$type.kind lies in the namespace of its DumbKV', ({ object }) => {
    expect(object.metadata.namespace).toBe('shop');
  });

  it.each(desired())('$type.kind carries the labels of every child', ({ object }) => {
    expect(object.metadata.labels).toMatchObject(labelsFor('orders'));
  });

  it.each(desired())('$type.kind is owned, unless it is retained data', ({ type, object }) => {
    const owners = type.kind === 'PersistentVolumeClaim' ? [] : [ownerReference(dumbkv())];
    expect(object.metadata.ownerReferences ?? []).toEqual(owners);
  });

  it.each(desired(exposedDumbkv({ spec: { deletionPolicy: 'Delete' } })))(
    '$type.kind is owned under the policy Delete',
    ({ object }) => {
      expect(object.metadata.ownerReferences).toEqual([ownerReference(dumbkv())]);
    },
  );

  it('are the same every time they are built', () => {
    expect(JSON.stringify(desired())).toBe(JSON.stringify(desired()));
  });

  it('run the image that is handed in', () => {
    const deployment = desired().find(({ type }) => type.kind === 'Deployment')?.object;
    expect(deployment?.spec).toMatchObject({
      template: { spec: { containers: [{ image: SERVER_IMAGE }] } },
    });
  });
});
