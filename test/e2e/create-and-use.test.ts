// Create and use: what `kubectl apply` of a DumbKV gives its user, on a real cluster under the
// `restricted` Pod Security level: state, address, credentials, Ingress, and the key-value
// contract.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { INGRESS, POD, SECRET } from '../../operator/api/resources.ts';
import { useGround } from './support/ground.ts';
import type { Instance } from './support/instance.ts';
import { forwardedTo } from './support/port-forward.ts';
import { stopwatch } from './support/report.ts';

// this namespace and name, so that the columns are those that the documents show
const ground = useGround('shop', { exactName: true });
const INGRESS_SPEC = {
  host: 'orders.example.com',
  className: 'nginx',
  annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '8m' },
  tls: { clusterIssuer: 'letsencrypt' },
};
let orders: Instance;

beforeAll(async () => {
  const took = stopwatch();
  await ground().applyDumbkv('orders', { ingress: INGRESS_SPEC });
  await ground().untilReady('orders');
  took('from kubectl apply to Ready');
  orders = await ground().instance('orders');
});

describe('kubectl get dumbkv', () => {
  it('shows a table that reads well', async () => {
    const table = (await ground().output(['get', 'dumbkv'])).trim().split('\n');
    const cells = table.map((line) => line.trim().split(/ {2,}/));
    expect(cells).toEqual([
      ['NAME', 'READY', 'REASON', 'ENGINE', 'REPLICAS', 'URL', 'AGE'],
      [
        ...['orders', 'True', 'Available', 'sqlite', '1', 'http://orders.shop.svc'],
        expect.stringMatching(/^(\d+m)?\d*s?$/),
      ],
    ]);
  });

  it('lets users wait for it, and tells events', async () => {
    const wait = ['wait', '--for=condition=Ready', 'dumbkv/orders', '--timeout=60s'];
    expect(await ground().output(wait)).toContain('condition met');
    const described = await ground().output(['describe', 'dumbkv', 'orders']);
    expect(described).toContain('Created PersistentVolumeClaim "orders-data".');
    expect(described).toMatch(/Normal +Available/);
  });
});

describe('the key-value contract', () => {
  it('puts, reads, replaces and removes a key', async () => {
    await orders.put('greeting', 'hello');
    expect(await orders.get('greeting')).toBe('hello');
    await orders.put('greeting', 'good day');
    expect(await orders.get('greeting')).toBe('good day');
    await orders.remove('greeting');
    expect(await orders.get('greeting')).toBeUndefined();
  });

  it.each(['PUT', 'POST', 'DELETE'])(
    'refuses %s without a token, and with another',
    async (verb) => {
      for (const token of [undefined, 'another']) {
        const stranger = orders.withToken(token);
        const answer = await stranger.call(verb, { key: 'stolen', value: 'x' });
        expect(answer.status).toBe(401);
        expect(answer.headers['content-type']).toContain('application/problem+json');
      }
      expect(await orders.get('stolen')).toBeUndefined();
    },
  );

  it.each([
    ...['http://orders', 'http://orders:8000', 'http://orders.shop', 'http://orders.shop.svc'],
    ...['http://orders.shop.svc.cluster.local', 'http://orders.shop.svc.cluster.local:8000'],
  ])('is reached at %s from inside the cluster', async (url) => {
    const there = orders.at(url);
    await there.put('address', url);
    expect(await there.get('address')).toBe(url);
  });

  it.each(['/health', '/metrics', '/openapi.json', '/docs/'])('opens %s to all', async (path) => {
    expect((await orders.withToken().open(path)).status).toBe(200);
  });

  it('is reached by kubectl port-forward, with the token of the Secret', async () => {
    const token = await ground().secretText('orders-token', 'token');
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    };
    await using forwarded = await forwardedTo(ground(), 'service/orders', 80);
    const body = JSON.stringify({ key: 'forwarded', value: 'yes' });
    const url = `${forwarded.url}/kv`;
    expect((await fetch(url, { method: 'PUT', headers, body })).status).toBe(200);
    expect(await orders.get('forwarded')).toBe('yes');
  });
});

describe('what was made', () => {
  it('has the Ingress that was asked for', async () => {
    const { metadata, spec } = await ground().get(INGRESS, 'orders');
    expect(metadata.annotations).toMatchObject({
      'cert-manager.io/cluster-issuer': 'letsencrypt',
      ...INGRESS_SPEC.annotations,
    });
    expect(spec).toEqual({
      ingressClassName: 'nginx',
      rules: [
        {
          host: 'orders.example.com',
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 'orders', port: { name: 'http' } } },
              },
            ],
          },
        },
      ],
      tls: [{ hosts: ['orders.example.com'], secretName: 'orders-tls' }],
    });
  });

  it('runs as an ordinary user who can write only where the data is', async () => {
    const script = readFileSync(new URL('support/confinement.ts', import.meta.url), 'utf8');
    const node = ['node', '--input-type=module-typescript', '--eval', script];
    const said = await ground().output(['exec', 'deployment/orders', '--', ...node]);
    expect(JSON.parse(said)).toEqual({
      userId: 10001,
      groupId: 10001,
      capabilities: expect.stringMatching(/^0+$/),
      writable: ['/data/dumbkvstore'],
    });
  });

  it('keeps token and key out of everything but their Secrets', async () => {
    const token = await ground().secretText('orders-token', 'token');
    const key = await ground().secretText('orders-sealing', 'sealing-key');
    const secrets = [token, key].map((text) => text?.trim() ?? '');
    expect(secrets.map(({ length }) => length)).toEqual([43, 44]);
    const shown = [
      JSON.stringify(await ground().get(POD, (await ground().podOf('orders')).metadata.name)),
      await ground().output(['get', 'dumbkv,events', '--output', 'yaml']),
      await ground().output(['logs', 'deployment/orders']),
    ].join('\n');
    for (const secret of secrets) expect(shown).not.toContain(secret);
    const { metadata } = await ground().get(SECRET, 'orders-sealing');
    expect(metadata.annotations['dumbkv.dev/sealing-key-fingerprint']).toMatch(/^[0-9a-f]{32}$/);
  });
});
