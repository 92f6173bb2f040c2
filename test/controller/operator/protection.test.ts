// Deletion protection on a real API server with the policies as they are installed: what is
// protected stays and the refusal says what to do; what goes with its namespace goes.
import { beforeAll, describe, expect, it } from 'vitest';
import { CLAIM, DUMBKV, SECRET } from '../../../operator/api/resources.ts';
import { type ResourceType, resourcePath } from '../../../operator/kube/resource.ts';
import { installClusters, runCluster } from '../../support/cloud-native-pg.ts';
import { kubectl } from '../../support/control-plane.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { useInstallation } from './installed-operator.ts';
import { bringUp } from './operator-suite.ts';

const { controlPlane, startIn } = useInstallation();
const CONTROLLERS = 'system:serviceaccount:kube-system:';
const GARBAGE_COLLECTOR = `${CONTROLLERS}generic-garbage-collector`;
const NAMESPACE_CONTROLLER = `${CONTROLLERS}namespace-controller`;
const DATA: [ResourceType, string][] = [
  [CLAIM, 'orders-data'],
  [SECRET, 'orders-sealing'],
];
let place: Place;

/** Asks for a deletion that is not carried out; as somebody else, with the rights to do it. */
async function refusalOf(resource: string, user?: string): Promise<string> {
  const where = ['--namespace', place.namespace, '--dry-run=server', '--ignore-not-found=false'];
  const who = user === undefined ? [] : ['--as', user, '--as-group', 'system:masters'];
  const { code, stderr } = await kubectl(controlPlane(), ['delete', resource, ...where, ...who]);
  const said = stderr.replace(/^Warning: deleting cluster-scoped resources.*\n/, '');
  expect(said === '', said).toBe(code === 0);
  return said;
}

const labelNamespace = (value: string | null) =>
  place.call('PATCH', `/api/v1/namespaces/${place.namespace}`, {
    metadata: { labels: { 'dumbkv.dev/protected': value } },
  });

beforeAll(async () => {
  await startIn('dumbkv-system');
  place = await makePlace(controlPlane());
  await bringUp(place, { deletionProtection: true });
  // a policy holds a moment after it was made
  await until('the policies hold', async () => (await refusalOf('dkv/orders')) !== '');
});

describe('a protected DumbKV', () => {
  it('is not deleted, and the refusal says what to do', async () => {
    expect(await refusalOf('dkv/orders')).toContain(
      'DumbKV "orders" is protected from deletion: to delete it, first set ' +
        'spec.deletionProtection to false',
    );
    const collection = await place.call('DELETE', resourcePath(DUMBKV, place.namespace));
    expect(collection.body.message).toContain('"orders" is protected from deletion');
    expect((await place.get(DUMBKV, 'orders')).metadata.deletionTimestamp).toBeUndefined();
  });

  it('stays when an owner of it goes, but goes with its namespace', async () => {
    expect(await refusalOf('dkv/orders', GARBAGE_COLLECTOR)).toContain('is protected');
    expect(await refusalOf('dkv/orders', NAMESPACE_CONTROLLER)).toBe('');
  });

  it.each(['pvc/orders-data', 'secret/orders-sealing'])('keeps %s', async (resource) => {
    expect(await refusalOf(resource)).toContain(
      'is protected from deletion: set spec.deletionProtection of DumbKV "orders" to false first',
    );
    expect(await refusalOf(resource, GARBAGE_COLLECTOR)).toBe('');
    expect(await refusalOf(resource, NAMESPACE_CONTROLLER)).toBe('');
  });

  it('keeps the Cluster that holds its data on CloudNativePG', async () => {
    await installClusters(controlPlane());
    const onCluster = { engine: 'postgres', postgres: { type: 'CloudNativePG' } };
    await place.dumbkv('ledger', { ...onCluster, deletionProtection: true });
    await runCluster(place, 'ledger');
    const cluster = 'clusters.postgresql.cnpg.io/ledger-postgres';
    await until('it is kept', async () =>
      (await refusalOf(cluster)).includes('set spec.deletionProtection of DumbKV "ledger"'),
    );
    expect(await refusalOf(cluster, GARBAGE_COLLECTOR)).toBe('');
  });

  it('lets the rest be deleted, which comes back', async () => {
    expect(await refusalOf('service/orders')).toBe('');
    expect(await refusalOf('secret/orders-token')).toBe('');
  });
});

describe('what a user labels', () => {
  it('is kept as a namespace, and is not without the label', async () => {
    const namespace = `namespace/${place.namespace}`;
    expect(await refusalOf(namespace)).toBe('');
    await labelNamespace('true');
    expect(await refusalOf(namespace)).toContain('first remove its label dumbkv.dev/protected');
    await labelNamespace(null);
    expect(await refusalOf(namespace)).toBe('');
  });

  it('is kept as the kind, with which all instances would go', async () => {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/dumbkvs.dumbkv.dev';
    const labels = { 'dumbkv.dev/protected': 'true' };
    await place.call('PATCH', path, { metadata: { labels } });
    expect(await refusalOf('crd/dumbkvs.dumbkv.dev')).toContain('first remove its label');
    await place.call('PATCH', path, { metadata: { labels: { 'dumbkv.dev/protected': null } } });
    expect(await refusalOf('crd/dumbkvs.dumbkv.dev')).toBe('');
  });
});

describe('a DumbKV that is not protected', () => {
  it('is deleted, and so is its data, once it no longer is', async () => {
    await place.change(DUMBKV, 'orders', { spec: { deletionProtection: false } });
    expect(await refusalOf('dkv/orders')).toBe('');
    for (const [type, name] of DATA) {
      await until(`the label of ${name} follows`, async () => {
        const { labels } = (await place.get(type, name)).metadata;
        return labels['dumbkv.dev/protected'] === 'false';
      });
    }
    expect(await refusalOf('pvc/orders-data')).toBe('');
    await place.remove(DUMBKV, 'orders');
    expect(await place.find(DUMBKV, 'orders')).toBeUndefined();
  });
});
