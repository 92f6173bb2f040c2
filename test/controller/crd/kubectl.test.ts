// What people and autoscalers see of the kind: columns, names, scaling, status and selectors.
// Against a real API server, with the kubectl that belongs to it.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubectl, kubectlOutput } from '../../support/control-plane.ts';
import { type Call, clientOf } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { dumbkv, makeNamespace, pathOf } from './object.ts';

const controlPlane = useControlPlane();
const NAMESPACE = 'shop';
const STATUS = {
  conditions: [
    {
      type: 'Reconciling',
      status: 'False',
      reason: 'Settled',
      message: 'Nothing is left to do.',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    },
    {
      type: 'Ready',
      status: 'True',
      reason: 'Available',
      message: 'The instance answers.',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    },
  ],
  url: 'http://orders.shop.svc',
  externalURL: 'https://orders.example.com',
  replicas: 1,
  readyReplicas: 1,
  selector: 'app.kubernetes.io/name=dumbkv,app.kubernetes.io/instance=orders',
  storage: { capacity: '1Gi', used: '35%' },
};
let call: Call;

const run = (...args: string[]) =>
  kubectlOutput(controlPlane(), ['--namespace', NAMESPACE, ...args]);

/** The cells of a table that kubectl printed. */
const cells = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));

beforeAll(async () => {
  call = clientOf(controlPlane());
  await makeNamespace(call, NAMESPACE);
});

beforeEach(async () => {
  await call('DELETE', pathOf(NAMESPACE));
  const host = 'orders.example.com';
  await call('POST', pathOf(NAMESPACE), dumbkv('orders', { ingress: { host } }));
  const path = pathOf(NAMESPACE, 'orders', 'status');
  expect((await call('PATCH', path, { status: STATUS })).status).toBe(200);
});

describe('kubectl get', () => {
  it('shows how an instance is doing', async () => {
    expect(cells(await run('get', 'dumbkv'))).toEqual([
      ['NAME', 'READY', 'REASON', 'ENGINE', 'REPLICAS', 'URL', 'AGE'],
      ['orders', 'True', 'Available', 'sqlite', '1', STATUS.url, expect.stringMatching(/^\d+s$/)],
    ]);
  });

  it('shows more when asked', async () => {
    const [header, row] = cells(await run('get', 'dumbkv', '--output', 'wide'));
    expect(header?.slice(7)).toEqual(['EXTERNAL URL', 'STORAGE', 'USED', 'MESSAGE']);
    expect(row?.slice(7)).toEqual([STATUS.externalURL, '1Gi', '35%', 'The instance answers.']);
  });

  it.each(['dumbkv', 'dumbkvs', 'dkv', 'dumbkvs.dumbkv.dev'])('knows the name %s', async (name) => {
    expect(await run('get', name, '--output', 'name')).toBe('dumbkv.dumbkv.dev/orders\n');
  });

  it('finds the kind by its category', async () => {
    expect(await run('get', 'dumbkv', '--output', 'name')).toContain('/orders');
    const kinds = await run('api-resources', '--categories', 'dumbkv', '--output', 'name');
    expect(kinds).toBe('dumbkvs.dumbkv.dev\n');
  });

  it.each(['spec.engine=sqlite', 'spec.suspended=false', 'spec.ingress.host=orders.example.com'])(
    'selects by %s',
    async (selector) => {
      const list = ['get', 'dkv', '--output', 'name', '--field-selector'];
      expect(await run(...list, selector)).toBe('dumbkv.dumbkv.dev/orders\n');
      expect(await run(...list, selector.replace('=', '!='))).toBe('');
    },
  );

  it('can be waited for', async () => {
    const output = await run('wait', 'dkv/orders', '--for=condition=Ready', '--timeout=30s');
    expect(output).toContain('condition met');
  });
});

describe('kubectl explain', () => {
  it.each([
    ['dumbkv', 'HTTP key-value server'],
    ['dumbkv.spec.storage.size', 'never shrink'],
    ['dumbkv.spec.deletionPolicy', 'ENUM: Retain Delete'],
    ['dumbkv.status.conditions', 'Wait for `Ready`'],
  ])('describes %s', async (field, words) => {
    expect((await run('explain', field)).replace(/\s+/g, ' ')).toContain(words);
  });
});

describe('the scale subresource', () => {
  const scale = pathOf(NAMESPACE, 'orders', 'scale');

  it('tells an autoscaler how many pods there are and how to find them', async () => {
    const { body } = await call('GET', scale);
    expect(body.spec).toEqual({ replicas: 1 });
    expect(body.status).toEqual({ replicas: 1, selector: STATUS.selector });
  });

  it('stops an instance and starts it again', async () => {
    await run('scale', 'dkv/orders', '--replicas=0');
    expect((await call('GET', pathOf(NAMESPACE, 'orders'))).body.spec.replicas).toBe(0);
    await run('scale', 'dkv/orders', '--replicas=1');
    expect((await call('GET', pathOf(NAMESPACE, 'orders'))).body.spec.replicas).toBe(1);
  });

  it('keeps the rules of the object', async () => {
    const args = ['--namespace', NAMESPACE, 'scale', 'dkv/orders', '--replicas=2'];
    const { code, stderr } = await kubectl(controlPlane(), args);
    expect(code).toBe(1);
    expect(stderr).toContain('engine sqlite takes at most one replica: set replicas to 1');
  });
});

describe('the status subresource', () => {
  it('is written apart from the object, and the object apart from it', async () => {
    const path = pathOf(NAMESPACE, 'orders');
    await call('PATCH', path, { spec: { suspended: true }, status: { url: 'http://forged' } });
    await call('PATCH', `${path}/status`, { spec: { suspended: false }, status: { replicas: 0 } });
    const { body } = await call('GET', path);
    expect(body.spec.suspended).toBe(true);
    expect(body.status.url).toBe(STATUS.url);
    expect(body.status.replicas).toBe(0);
  });

  it('counts a generation for a change of the spec, and none for one of the status', async () => {
    const path = pathOf(NAMESPACE, 'orders');
    await call('PATCH', path, { spec: { suspended: true } });
    await call('PATCH', `${path}/status`, { status: { observedGeneration: 2 } });
    expect((await call('GET', path)).body.metadata.generation).toBe(2);
  });

  it('lets two managers keep a condition each', async () => {
    const path = pathOf(NAMESPACE, 'orders');
    const { apiVersion, kind, metadata } = dumbkv('orders');
    const condition = { ...STATUS.conditions[1], type: 'SeenByOthers' };
    const status = { conditions: [condition] };
    const body = { apiVersion, kind, metadata, status };
    const query = '?fieldManager=another';
    await call('PATCH', `${path}/status${query}`, body, 'application/apply-patch+yaml');
    const { conditions } = (await call('GET', path)).body.status;
    expect(conditions.map(({ type }: { type: string }) => type).sort()).toEqual([
      'Ready',
      'Reconciling',
      'SeenByOthers',
    ]);
  });
});
