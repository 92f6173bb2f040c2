// The operator with exactly the rights of its manifests, in both ways of installing: it does all
// its work, is refused nothing that it asks, and asks for no more. The API server's audit log is
// the witness.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  DUMBKV,
  OPTIONAL_KINDS,
  SECRET,
  WATCHED_CHILDREN,
} from '../../../operator/api/resources.ts';
import { readyz } from '../../../operator/health.ts';
import { auditedRequests, auditLogText, deedsIn } from '../../support/audit-log.ts';
import { installClusters } from '../../support/cloud-native-pg.ts';
import { objectsOf } from '../../support/cluster-actors.ts';
import { kubectlOutput } from '../../support/control-plane.ts';
import { clientOf } from '../../support/control-plane-client.ts';
import { installRoutes } from '../../support/gateway-api.ts';
import type { OperatorRun } from '../../support/operator-run.ts';
import { makePlace, Place } from '../../support/place.ts';
import { CONFIG, unusedRights, useInstallation, userOf } from './installed-operator.ts';
import { bringUp, serve } from './operator-suite.ts';
import { liveThrough } from './whole-life.ts';

const { controlPlane, startIn, stop, tokenIn } = useInstallation();

/** Asked for by admission where a cluster holds to it: see enforced-owners.test.ts. */
const ASKED_BY_ADMISSION = ['update dumbkv.dev/dumbkvs/finalizers'];

describe('an operator for all namespaces', () => {
  let run: OperatorRun;
  let place: Place;

  beforeAll(async () => {
    await installRoutes(controlPlane());
    await installClusters(controlPlane());
    run = await startIn('dumbkv-system');
    place = await makePlace(controlPlane());
    await liveThrough(place);
  });

  it('does with its ClusterRole all that it has to do, and nothing else', () => {
    const requests = auditedRequests(controlPlane(), userOf('dumbkv-system'));
    expect(requests.filter(({ code }) => code === 403)).toEqual([]);
    const removed = [
      ...['networking.k8s.io/ingresses', 'networking.k8s.io/networkpolicies'],
      ...['policy/poddisruptionbudgets', 'autoscaling/horizontalpodautoscalers'],
      'gateway.networking.k8s.io/httproutes',
    ];
    const children = [
      ...['persistentvolumeclaims', 'serviceaccounts', 'services'],
      ...['apps/deployments', 'apps/statefulsets', 'postgresql.cnpg.io/clusters', ...removed],
    ];
    const watched = [
      ...[...children, 'pods', 'dumbkv.dev/dumbkvs', 'discovery.k8s.io/endpointslices'],
    ];
    const applied = [...children, 'configmaps'];
    expect(deedsIn(requests)).toEqual(
      [
        ...watched.flatMap((resource) => [`list ${resource}`, `watch ${resource}`]),
        ...applied.flatMap((resource) => [`get ${resource}`, `patch ${resource}`]),
        ...['get secrets', 'create secrets', 'patch secrets'],
        ...[...removed.map((resource) => `delete ${resource}`), 'patch dumbkv.dev/dumbkvs/status'],
        ...['get storage.k8s.io/storageclasses', 'create events.k8s.io/events'],
        ...['get', 'create', 'update'].map((verb) => `${verb} coordination.k8s.io/leases`),
      ].sort(),
    );
  });

  it('has no right that it does not use', async () => {
    const unused = await unusedRights(controlPlane(), 'dumbkv-system', [
      'clusterrole/dumbkv-operator',
    ]);
    expect(unused).toEqual(ASKED_BY_ADMISSION);
  });

  it('lists and watches children by their label only, and reads its own Secrets only', () => {
    const requests = auditedRequests(controlPlane(), userOf('dumbkv-system'));
    const lists = requests.filter(({ verb }) => verb === 'list' || verb === 'watch');
    for (const { uri, resource } of lists.filter((one) => !one.resource.startsWith('dumbkv'))) {
      expect(uri, resource).toContain(
        'labelSelector=app.kubernetes.io%2Fmanaged-by%3Ddumbkv-operator',
      );
    }
    const secrets = requests.filter(({ resource }) => resource === 'secrets');
    const names = new Set(secrets.map(({ name }) => name));
    const kept = ['orders', 'accounts', 'ledger'].flatMap((name) => [
      `${name}-token`,
      `${name}-sealing`,
    ]);
    expect(names).toEqual(new Set([...kept, 'accounts-postgres', 'ledger-postgres-app']));
    expect(new Set(secrets.map(({ namespace }) => namespace))).toEqual(new Set([place.namespace]));
  });

  it.each([
    ['GET', '/api/v1/secrets'],
    ['GET', '/api/v1/secrets?watch=true'],
    ['GET', '/api/v1/namespaces/kube-system/secrets'],
    ['GET', '/api/v1/namespaces/kube-system/secrets?watch=true'],
    ['GET', '/api/v1/namespaces/kube-system/configmaps'],
    ['GET', '/api/v1/configmaps?watch=true'],
    ['DELETE', '/apis/apps/v1/namespaces/default/statefulsets/orders'],
    ['POST', '/api/v1/namespaces/default/pods'],
    ['POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings'],
    ['PATCH', '/apis/dumbkv.dev/v1alpha1/namespaces/default/dumbkvs/orders'],
    ['DELETE', '/apis/dumbkv.dev/v1alpha1/namespaces/default/dumbkvs/orders'],
    ['POST', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'],
    ['GET', '/apis/coordination.k8s.io/v1/namespaces/dumbkv-system/leases/of-another'],
    ['PUT', '/apis/coordination.k8s.io/v1/namespaces/dumbkv-system/leases/of-another'],
  ] as const)('may not %s %s', async (method, path) => {
    const call = clientOf(controlPlane(), await tokenIn('dumbkv-system'));
    const { status, body } = await call(method, path, method === 'GET' ? undefined : {});
    expect(status, body.message).toBe(403);
  });

  it('lets no secret out: not into its log, an event, an object or a request', async () => {
    const planted = 'planted-token-4711';
    const labels = { 'dumbkv.dev/instance': 'guarded' };
    const metadata = { name: 'mine', labels };
    await place.make(SECRET, { metadata, stringData: { token: planted } });
    const tokenSecretRef = { name: 'mine' };
    await bringUp(place, { auth: { type: 'Token', tokenSecretRef } }, 'guarded');
    // what a user wrote by mistake where the key should be must not be quoted either
    const wrong = 'planted-key-4711';
    await place.change(SECRET, 'guarded-sealing', { stringData: { 'sealing-key': wrong } });
    await place.touch('guarded');
    await place.untilReason('guarded', 'SealingKeyMismatch');
    const objects = [...(await objectsOf(place)).values()].flat();
    const secrets = objects.filter(({ kind }) => kind === 'Secret');
    // the mark names the store, as labels do
    const values = secrets.flatMap(({ data: { 'store-made': _, ...hidden } }) =>
      Object.values(hidden as Record<string, string>),
    );
    const plain = values.map((value) => Buffer.from(value, 'base64').toString().trim());
    expect(plain).toEqual(expect.arrayContaining([planted, wrong]));
    const events = await place.call(
      ...(['GET', `/apis/events.k8s.io/v1/namespaces/${place.namespace}/events`] as const),
    );
    expect(events.body.items.length).toBeGreaterThan(10);
    const seen = {
      log: run.log.join(''),
      events: JSON.stringify(events.body),
      objects: JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret')),
      requests: auditLogText(controlPlane()),
    };
    for (const [where, text] of Object.entries(seen)) {
      expect(text.length).toBeGreaterThan(1000);
      const found = [...values, ...plain].filter((value) => text.includes(value));
      expect(found, where).toEqual([]);
    }
  });
});

/** Gives the operator of the namespace `dumbkv` the same Role elsewhere. */
async function grantIn({ namespace }: Place): Promise<void> {
  for (const kind of ['role', 'rolebinding']) {
    const get = ['get', kind, 'dumbkv-operator', '--namespace', 'dumbkv', '--output', 'json'];
    const object = JSON.parse(await kubectlOutput(controlPlane(), get));
    object.metadata = { name: 'dumbkv-operator', namespace };
    await kubectlOutput(controlPlane(), ['create', '-f', '-'], JSON.stringify(object));
  }
}

describe('an operator for its own namespace', () => {
  let run: OperatorRun;
  let place: Place;

  beforeAll(async () => {
    place = new Place('dumbkv', clientOf(controlPlane()));
    await kubectlOutput(controlPlane(), ['create', 'namespace', 'dumbkv']);
    await kubectlOutput(controlPlane(), ['apply', '--server-side', '-k', `${CONFIG}namespaced`]);
    await stop();
    run = await startIn('dumbkv', { WATCH_NAMESPACES: 'dumbkv' });
    await liveThrough(place);
  });

  it('works with a Role alone, and asks for nothing outside', () => {
    expect(run.outcomes).toContain('success');
    const requests = auditedRequests(controlPlane(), userOf('dumbkv'));
    const outside = requests.filter(({ namespace }) => namespace !== 'dumbkv');
    // it may not know whether a storage class is there, and goes on without
    expect(deedsIn(outside)).toEqual(['get storage.k8s.io/storageclasses']);
    const refused = requests.filter(({ code }) => code === 403);
    expect(deedsIn(refused)).toEqual(['get storage.k8s.io/storageclasses']);
  });

  it('has no right that it does not use', async () => {
    const role = ['role/dumbkv-operator', '--namespace', 'dumbkv'];
    const unused = await unusedRights(controlPlane(), 'dumbkv', role);
    expect(unused).toEqual(ASKED_BY_ADMISSION);
  });

  it('does not look after an instance elsewhere', async () => {
    const elsewhere = await makePlace(controlPlane());
    await elsewhere.dumbkv('orders');
    await bringUp(place, {}, 'another');
    expect(await elsewhere.get(DUMBKV, 'orders')).not.toHaveProperty('status');
  });

  it('looks after several namespaces; one without a Role waits for it alone', async () => {
    const second = await makePlace(controlPlane());
    await run.stop();
    const both = { WATCH_NAMESPACES: `dumbkv, ${second.namespace}` };
    const several = await startIn('dumbkv', both, false);
    await bringUp(place, {}, 'beside');
    const readiness = () => readyz(several.operator.watchStates(), 0, Number.MAX_VALUE);
    const { statusCode, body } = readiness();
    expect([statusCode, body]).toEqual([503, expect.stringContaining(second.namespace)]);
    expect(body).not.toContain('in dumbkv:');
    expect(body.match(/403 Forbidden/g)).toHaveLength(
      WATCHED_CHILDREN.length + 1 - OPTIONAL_KINDS.length,
    );
    const warnings = several.log
      .map((line) => JSON.parse(line))
      .filter(({ level }) => level === 40);
    expect(new Set(warnings.map(({ namespace }) => namespace))).toEqual(
      new Set([second.namespace]),
    );
    await grantIn(second);
    await bringUp(second);
    expect(readiness().statusCode).toBe(200);
    await place.change(DUMBKV, 'orders', { spec: { suspended: true } });
    await place.untilReason('orders', 'Suspended');
    await place.change(DUMBKV, 'orders', { spec: { suspended: false } });
    await serve(place);
    const requests = auditedRequests(controlPlane(), userOf('dumbkv'));
    const lists = requests.filter(({ verb }) => verb === 'list' || verb === 'watch');
    const places = new Set(lists.map(({ namespace }) => namespace));
    expect(places).toEqual(new Set(['dumbkv', second.namespace]));
  });
});
