// Healing: a child deleted by hand comes back, a child edited by hand is put back, and what other
// managers added stays.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  INGRESS,
  POD,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../operator/api/resources.ts';
import type { ApiObject } from '../support/control-plane-client.ts';
import { useGround } from './support/ground.ts';
import { eventually } from './support/patience.ts';
import { report, stopwatch } from './support/report.ts';

const ground = useGround('healing');
const OWNED = [SERVICE, SERVICE_ACCOUNT, DEPLOYMENT, INGRESS];

beforeAll(async () => {
  await ground().applyDumbkv('orders', { ingress: { host: 'orders.example.com' } });
  await ground().untilReady('orders');
  await (await ground().instance('orders')).put('kept', 'through all of it');
});

describe('deleted by hand', () => {
  it.each(OWNED)('$kind comes back', async (type) => {
    const { uid } = (await ground().get(type, 'orders')).metadata;
    const took = stopwatch();
    await ground().output(['delete', type.plural, 'orders', '--wait=false']);
    await eventually(`a new ${type.kind} is there`, async () => {
      const found = await ground().find(type, 'orders');
      return found !== undefined && found.metadata.uid !== uid;
    });
    took(`${type.kind} is back after`);
    const orders = await ground().instance('orders');
    // the pod of the deleted Deployment may still serve, and be Ready
    await eventually('it serves what it had', async () => {
      return (await orders.get('kept')) === 'through all of it';
    });
    await ground().untilReady('orders');
  });

  it('the pod comes back', async () => {
    const { name, uid } = (await ground().podOf('orders')).metadata;
    const took = stopwatch();
    await ground().output(['delete', 'pod', name]);
    await eventually('a new pod is ready', async () => {
      const { metadata, status } = await ground().podOf('orders');
      return metadata.uid !== uid && status.containerStatuses?.[0]?.ready === true;
    });
    took('a new pod is ready after');
    await ground().untilReady('orders');
  });

  it('the token Secret comes back with another token, at the next look', async () => {
    const before = await ground().secretText('orders-token', 'token');
    await ground().remove(SECRET, 'orders-token');
    // Secrets are not watched: without a change of the object the next look comes within 6 minutes
    await ground().touch('orders');
    const token = await eventually('a new token is there', () =>
      ground().secretText('orders-token', 'token'),
    );
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(token).not.toBe(before);
  });
});

const EDITS = [
  {
    what: 'the image of the Deployment',
    type: DEPLOYMENT,
    patch: {
      spec: { template: { spec: { containers: [{ name: 'server', image: 'example.com/evil' }] } } },
    },
    shown: ({ spec }: ApiObject) => spec.template.spec.containers[0].image,
  },
  {
    what: 'the replicas of the Deployment',
    type: DEPLOYMENT,
    patch: { spec: { replicas: 3 } },
    shown: ({ spec }: ApiObject) => spec.replicas,
  },
  {
    what: 'the strategy of the Deployment',
    type: DEPLOYMENT,
    patch: { spec: { strategy: { type: 'RollingUpdate' } } },
    shown: ({ spec }: ApiObject) => spec.strategy.type,
  },
  {
    what: 'a label of the Service',
    type: SERVICE,
    patch: { metadata: { labels: { 'app.kubernetes.io/part-of': 'another' } } },
    shown: ({ metadata }: ApiObject) => metadata.labels['app.kubernetes.io/part-of'],
  },
  {
    what: 'the selector of the Service',
    type: SERVICE,
    patch: { spec: { selector: { 'app.kubernetes.io/instance': 'nobody' } } },
    shown: ({ spec }: ApiObject) => spec.selector['app.kubernetes.io/instance'],
  },
  {
    what: 'the ports of the Service',
    type: SERVICE,
    patch: { spec: { ports: [{ port: 80, $patch: 'delete' }] } },
    shown: ({ spec }: ApiObject) => spec.ports.map(({ port }: { port: number }) => port),
  },
  {
    what: 'the host of the Ingress',
    type: INGRESS,
    patch: { spec: { rules: [{ host: 'elsewhere.example.com' }] } },
    shown: ({ spec }: ApiObject) => spec.rules.map(({ host }: { host: string }) => host),
  },
  {
    what: 'the token mount of the ServiceAccount',
    type: SERVICE_ACCOUNT,
    patch: { automountServiceAccountToken: true },
    shown: (object: ApiObject) => object.automountServiceAccountToken,
  },
];

describe('edited by hand', () => {
  it.each(EDITS)('$what is put back', async ({ type, patch, shown }) => {
    const before = shown(await ground().get(type, 'orders'));
    const edit = ['patch', type.plural, 'orders', '--patch', JSON.stringify(patch)];
    const answer = JSON.parse(await ground().output([...edit, '--output', 'json']));
    expect(shown(answer)).not.toEqual(before);
    await eventually(`${type.kind} is as before`, async () => {
      expect(shown(await ground().get(type, 'orders'))).toEqual(before);
      return true;
    });
    await ground().untilReady('orders');
  });

  it('a label of the claim is put back, and the data is untouched', async () => {
    const { labels } = (await ground().get(CLAIM, 'orders-data')).metadata;
    const patch = { metadata: { labels: { 'app.kubernetes.io/managed-by': 'nobody' } } };
    await ground().change(CLAIM, 'orders-data', patch);
    await eventually('the claim is as before', async () => {
      expect((await ground().get(CLAIM, 'orders-data')).metadata.labels).toEqual(labels);
      return true;
    });
    await ground().untilReady('orders');
    expect(await (await ground().instance('orders')).get('kept')).toBe('through all of it');
  });
});

describe("another manager's fields", () => {
  it.each(OWNED)('stay on the $kind while ours are put back', async (type) => {
    const added = { 'example.com/team': 'shop' };
    await ground().apply(type, 'orders', { metadata: { labels: added, annotations: added } });
    const broken = { metadata: { labels: { 'app.kubernetes.io/part-of': 'another' } } };
    const { resourceVersion } = (await ground().change(type, 'orders', broken)).metadata;
    const { metadata } = await eventually(`${type.kind} is put back`, async () => {
      const found = await ground().get(type, 'orders');
      return found.metadata.labels['app.kubernetes.io/part-of'] === 'dumbkv' && found;
    });
    expect(metadata.resourceVersion).not.toBe(resourceVersion);
    expect(metadata.labels).toMatchObject(added);
    expect(metadata.annotations).toMatchObject(added);
  });

  it('leave the pod where it is when they are only on objects', async () => {
    const { uid } = (await ground().podOf('orders')).metadata;
    const added = { 'example.com/note': 'hello' };
    await ground().apply(DEPLOYMENT, 'orders', { metadata: { annotations: added } });
    await ground().apply(POD, (await ground().podOf('orders')).metadata.name, {
      metadata: { annotations: added },
    });
    await ground().untilReady('orders');
    expect((await ground().podOf('orders')).metadata.uid).toBe(uid);
    report('the pod stayed through edits of metadata');
  });
});
