// An instance behind a real ingress controller, with a certificate by the real cert-manager, and
// two instances that ask for one host.
import { connect } from 'node:tls';
import { Agent, request } from 'undici';
import { beforeAll, describe, expect, it } from 'vitest';
import { DUMBKV, INGRESS } from '../../operator/api/resources.ts';
import { useAddons } from './support/addon.ts';
import { useGround } from './support/ground.ts';
import { eventually } from './support/patience.ts';
import { forwardedTo } from './support/port-forward.ts';
import { stopwatch } from './support/report.ts';

const HOST = 'exposed.example.com';
const CONTROLLER = 'http://traefik.traefik.svc';
const ASK_LIMIT_MS = 10_000;

const ground = useGround('exposure');
useAddons('traefik', 'cert-manager');

const ingress = { host: HOST, className: 'traefik' };

/** Asks the ingress controller from inside the cluster for a host. */
const asked = async (host: string, path = '/') =>
  (await ground().caller()).request(`${CONTROLLER}${path}`, {
    ...{ headers: { host }, timeoutMs: ASK_LIMIT_MS },
  });

const untilAnswered = (host: string, status: number) =>
  eventually(`${host} is answered with ${status}`, async () => {
    const answer = await asked(host);
    if (answer.status === status) return answer;
    throw new Error(`it is answered with ${answer.status}`);
  });

beforeAll(async () => {
  const took = stopwatch();
  await ground().applyDumbkv('orders', { ingress });
  await ground().untilReady('orders');
  await ground().untilShows('orders', 'AddressAssigned', 'Exposed');
  took('from apply to Exposed');
});

describe('an instance behind an ingress controller', () => {
  it('answers under its host, and no other does', async () => {
    expect((await untilAnswered(HOST, 200)).body).toContain('<title>DumbKV</title>');
    expect((await asked('invoices.example.com')).status).toBe(404);
    const { status } = await ground().get(DUMBKV, 'orders');
    expect(status.externalURL).toBe(`http://${HOST}`);
  });

  it('keeps its host when another asks for it too, which says who has it', async () => {
    await ground().applyDumbkv('invoices', { ingress });
    const { message } = await ground().untilShows('invoices', 'HostConflict', 'Exposed');
    expect(message).toContain('belongs to DumbKV "orders"');
    expect(await ground().find(INGRESS, 'invoices')).toBeUndefined();
    expect((await asked(HOST)).status).toBe(200);
    await ground().change(DUMBKV, 'invoices', { spec: { ingress: { host: 'bills.example.com' } } });
    await ground().untilShows('invoices', 'AddressAssigned', 'Exposed');
    await untilAnswered('bills.example.com', 200);
  });
});

describe('its certificate', () => {
  beforeAll(async () => {
    const took = stopwatch();
    const tls = { clusterIssuer: 'letsencrypt' };
    await ground().change(DUMBKV, 'orders', { spec: { ingress: { tls } } });
    await eventually('cert-manager has made the certificate', () =>
      ground().secretText('orders-tls', 'tls.crt'),
    );
    took('from asking for TLS to a certificate');
  });

  it('is made by cert-manager, and requests come through it', async () => {
    const ca = await ground().secretText('orders-tls', 'tls.crt');
    const token = (await ground().secretText('orders-token', 'token'))?.split('\n')[0];
    const { cluster } = ground();
    await using forwarded = await forwardedTo(
      ...[{ cluster, namespace: 'traefik' } as const, 'svc/traefik', 443],
    );
    const url = forwarded.url.replace('http:', 'https:');
    const port = Number(new URL(url).port);
    await eventually('Traefik has taken it up', () => isServed(port, ca ?? ''));
    const dispatcher = new Agent({ connect: { ca: ca ?? '', servername: HOST } });
    const headers = { host: HOST, authorization: `Bearer ${token}` };
    const place = `${url}/v1/databases/0/keys/greeting`;
    const put = await request(place, { ...{ method: 'PUT', headers, body: 'hello', dispatcher } });
    expect(put.statusCode).toBe(201);
    const got = await request(place, { headers, dispatcher });
    expect(await got.body.text()).toBe('hello');
    const bare = await request(place, { headers: { host: HOST }, dispatcher });
    expect(bare.statusCode).toBe(401);
    await dispatcher.close();
    expect((await ground().get(DUMBKV, 'orders')).status.externalURL).toBe(`https://${HOST}`);
  });

  it('goes with the Ingress when nobody asks for it any more', async () => {
    await ground().change(DUMBKV, 'orders', { spec: { ingress: null } });
    await ground().untilGone(INGRESS, 'orders');
    await untilAnswered(HOST, 404);
    expect((await ground().conditions('orders')).Exposed).toBeUndefined();
  });
});

/** Whether the certificate that is shown for the host is this one, and speaks for it. */
function isServed(port: number, ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: HOST, ca }, () => {
      resolve(socket.authorized);
      socket.end();
    });
    socket.once('error', reject);
  });
}
