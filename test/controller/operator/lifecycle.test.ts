// The life of an instance as its status tells it: made, asked, serving, at rest, stopped, deleted.
// The test plays kubelet and controllers, so that each moment can be looked at.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  INGRESS,
  SECRET,
  SERVICE,
} from '../../../operator/api/resources.ts';
import type { ProbeAnswer } from '../../../operator/status/reach.ts';
import { ClusterActors } from '../../support/cluster-actors.ts';
import { kubectlOutput } from '../../support/control-plane.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { SERVER_IMAGE } from '../../support/operator-run.ts';
import { until } from '../../support/until.ts';
import { bringUp, makeChildren, serve, useOperator } from './operator-suite.ts';

/**
 * What a GET through a Service gives, by its URL; where nothing is said, the server answers 200.
 */
const answers = new Map<string, ProbeAnswer>();
const asked: string[] = [];
const suite = useOperator({
  probe: async (url) => {
    asked.push(url);
    return answers.get(url) ?? { outcome: 'healthy', detail: '200' };
  },
});
const healthUrl = (namespace: string) => `http://orders.${namespace}.svc/health`;

describe.concurrent('a new instance', () => {
  it('is Deploying until it serves, and says how far it is', async () => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    await makeChildren(place);
    const deploying = await place.untilReason('orders', 'Deploying');
    expect(deploying.status).toBe('False');
    expect(deploying.message).toBe('0 of 1 pods are ready; waiting for the Deployment.');
    const before = await place.conditions('orders');
    expect(before.Reconciling).toMatchObject({ status: 'True', reason: 'Deploying' });
    expect(before.StorageReady).toMatchObject({ status: 'False', reason: 'VolumePending' });
    expect(before.Reachable).toMatchObject({ status: 'Unknown', reason: 'NotAsked' });
    expect(before).not.toHaveProperty('Stalled');
    await actors.bindClaims();
    await place.untilReason('orders', 'Bound', 'StorageReady');
    expect((await place.conditions('orders')).Ready?.status).toBe('False');
    const { status } = await serve(place);
    expect(status).toMatchObject({
      observedGeneration: 1,
      url: `http://orders.${place.namespace}.svc`,
      image: SERVER_IMAGE,
      ...{ replicas: 1, readyReplicas: 1, credentialsSecret: 'orders-token' },
      selector: 'app.kubernetes.io/name=dumbkv,app.kubernetes.io/instance=orders',
      ...{ deletionPolicy: 'Retain', storage: { capacity: '1Gi' } },
    });
    expect(status.conditions.map(({ type }: ApiObject) => type)).toEqual([
      ...['Ready', 'StorageReady', 'Reachable'],
    ]);
  });

  it('is not Ready before it answered through its Service', async () => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    answers.set(healthUrl(place.namespace), { outcome: 'refused', detail: 'ECONNREFUSED' });
    await makeChildren(place);
    while (await actors.act());
    const unreachable = await place.untilReason('orders', 'Unreachable');
    expect(unreachable.status).toBe('False');
    expect(unreachable.message).toContain('failed: ECONNREFUSED');
    answers.set(healthUrl(place.namespace), { outcome: 'unhealthy', detail: '503' });
    expect((await place.untilReason('orders', 'Unhealthy')).message).toContain('answered 503');
    expect((await place.conditions('orders')).Reachable?.status).toBe('False');
    answers.delete(healthUrl(place.namespace));
    expect((await place.untilReason('orders', 'Available')).status).toBe('True');
    const { Reachable } = await place.conditions('orders');
    expect(Reachable).toMatchObject({ status: 'True', reason: 'Answered' });
  });

  it('is asked once for each change of its endpoints', async () => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    const times = () => asked.filter((url) => url === healthUrl(place.namespace)).length;
    await bringUp(place);
    expect(times()).toBe(1);
    await place.touch('orders');
    await suite.settled(place);
    await actors.setReady('orders', false);
    await place.untilReason('orders', 'Deploying');
    expect(times()).toBe(1);
    await actors.setReady('orders', true);
    await place.untilReason('orders', 'Available');
    expect(times()).toBe(2);
  });

  it('is Ready without an answer where it never can be asked, and says so', async () => {
    const place = await suite.place();
    answers.set(healthUrl(place.namespace), {
      ...{ outcome: 'silent', detail: 'no answer in time' },
    });
    await bringUp(place);
    const { Ready, Reachable } = await place.conditions('orders');
    expect(Ready).toMatchObject({ status: 'True', reason: 'Available' });
    expect(Reachable).toMatchObject({ status: 'Unknown', reason: 'NotVerified' });
    expect(Ready?.message).toContain('could not ask through the Service (no answer in time)');
  });

  it('reads well in kubectl get', async () => {
    const place = await suite.place();
    await bringUp(place);
    const shown = await kubectlOutput(suite.controlPlane(), [
      ...['get', 'dumbkv', '--namespace', place.namespace],
    ]);
    const [head = '', row = ''] = shown.split('\n');
    expect(head.split(/\s+/)).toEqual(
      expect.arrayContaining(['NAME', 'READY', 'REASON', 'ENGINE', 'REPLICAS', 'URL', 'AGE']),
    );
    expect(row.split(/\s+/).slice(0, 6)).toEqual([
      ...['orders', 'True', 'Available', 'sqlite', '1', `http://orders.${place.namespace}.svc`],
    ]);
  });
});

describe.concurrent('an instance that serves', () => {
  it('follows its Ingress, and tells when it has an address', async () => {
    const place = await suite.place();
    await bringUp(place, { ingress: { host: 'orders.example.com' } });
    expect((await place.conditions('orders')).Exposed?.reason).toBe('AddressPending');
    const loadBalancer = { ingress: [{ ip: '192.0.2.1' }] };
    await place.setStatus(INGRESS, 'orders', { loadBalancer });
    await place.untilReason('orders', 'AddressAssigned', 'Exposed');
    expect((await place.get(DUMBKV, 'orders')).status.externalURL).toBe(
      `http://${place.namespace}.orders.example.com`,
    );
    await place.change(DUMBKV, 'orders', { spec: { ingress: null } });
    await until('the Ingress is gone', async () => !(await place.find(INGRESS, 'orders')));
    await until('its condition is gone', async () => !(await place.conditions('orders')).Exposed);
    expect((await place.get(DUMBKV, 'orders')).status).not.toHaveProperty('externalURL');
  });

  it('stops and keeps all else when suspended, and comes back', async () => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    await bringUp(place);
    await place.change(DUMBKV, 'orders', { spec: { suspended: true } });
    const suspended = await place.untilReason('orders', 'Suspended');
    expect(suspended.message).toContain('Set it to false to resume');
    await until('it has no pods', async () => {
      await actors.act();
      return (await place.get(DUMBKV, 'orders')).status.replicas === 0;
    });
    const conditions = await place.conditions('orders');
    expect(conditions).not.toHaveProperty('Stalled');
    expect(conditions).not.toHaveProperty('Reconciling');
    for (const [type, name] of [
      [CLAIM, 'orders-data'],
      [SECRET, 'orders-token'],
    ] as const) {
      expect(await place.find(type, name)).toBeDefined();
    }
    await place.change(DUMBKV, 'orders', { spec: { suspended: false } });
    expect((await serve(place)).status.readyReplicas).toBe(1);
  });

  it('is scaled to nothing through the scale subresource', async () => {
    const place = await suite.place();
    await bringUp(place);
    await kubectlOutput(suite.controlPlane(), [
      ...['scale', 'dumbkv/orders', '--replicas=0', '--namespace', place.namespace],
    ]);
    await place.untilReason('orders', 'NoReplicas');
    expect((await place.get(DEPLOYMENT, 'orders')).spec.replicas).toBe(0);
  });

  it('takes a new image', async () => {
    const place = await suite.place();
    await bringUp(place);
    const image = 'images.example/dumbkv-server:2';
    await place.change(DUMBKV, 'orders', { spec: { image } });
    expect((await serve(place)).status.image).toBe(image);
    const { spec } = await place.get(DEPLOYMENT, 'orders');
    expect(spec.template.spec.containers[0].image).toBe(image);
  });

  it('takes larger storage where its class can expand, and says where it cannot', async () => {
    const place = await suite.place();
    for (const [name, canExpand] of [
      ['elastic', true],
      ['rigid', false],
    ] as const) {
      const className = `${name}-${place.namespace}`;
      await place.storageClass(className, canExpand);
      await bringUp(place, { storage: { size: '1Gi', className } }, name);
      await place.change(DUMBKV, name, { spec: { storage: { size: '2Gi' } } });
    }
    await serve(place, 'elastic');
    const claim = await place.get(CLAIM, 'elastic-data');
    expect(claim.spec.resources.requests.storage).toBe('2Gi');
    const refused = await place.untilReason('rigid', 'ExpansionRefused', 'StorageReady');
    expect((await place.conditions('rigid')).Ready?.status).toBe('True');
    expect(refused.message).toContain(
      'the storageclass that provisions the pvc must support resize',
    );
  });
});

describe.concurrent('an instance that goes', () => {
  it('gets no new children while it is being deleted', async () => {
    const place = await suite.place();
    await bringUp(place);
    await place.change(DUMBKV, 'orders', { metadata: { finalizers: ['example.com/hold'] } });
    await place.remove(DUMBKV, 'orders');
    await suite.settled(place);
    const writes = suite.run().client.writes(place.namespace).length;
    for (const type of [SERVICE, DEPLOYMENT]) await place.remove(type, 'orders');
    await place.touch('orders');
    await suite.settled(place);
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    expect(suite.run().client.writes(place.namespace)).toHaveLength(writes);
    await place.change(DUMBKV, 'orders', { metadata: { finalizers: null } });
    await suite.settled(place);
    expect(suite.run().client.writes(place.namespace)).toHaveLength(writes);
  });

  it('ends quietly when its namespace is being deleted', async () => {
    const place = await suite.place();
    await bringUp(place);
    await place.call('DELETE', `/api/v1/namespaces/${place.namespace}`);
    const before = suite.run().client.writes(place.namespace).length;
    await place.remove(DEPLOYMENT, 'orders');
    await until('it tried', () => suite.run().client.writes(place.namespace).length > before);
    await suite.settled(place);
    const tries = suite.run().client.writes(place.namespace).slice(before);
    expect(tries).toMatchObject([
      { verb: 'apply', kind: 'Deployment', error: { reason: 'Forbidden' } },
    ]);
    expect(suite.run().log.join('')).not.toMatch(new RegExp(`"level":50.*${place.namespace}`));
  });
});
