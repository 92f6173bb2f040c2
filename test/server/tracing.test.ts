// Traces, asked for by the variables that all programs share: what a span says, whose trace it goes
// on with, and that a collector that is away harms nobody. The collector is a real HTTP server.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Collector, startCollector } from './support/collector.ts';
import { openRawLine, rawRequest } from './support/raw-line.ts';
import { type Environment, type ServerProcess, startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const SECRET = 'sEcReTkEy';
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWT = `${part({ alg: 'ES256', kid: 'k' })}.${part({})}.AAAA`;
const AT_ONCE = { OTEL_BSP_SCHEDULE_DELAY: '10' };

interface Traced {
  readonly server: ServerProcess;
  readonly collector: Collector;
  /** Sends a request; gives its status. */
  send(method: string, path: string, headers?: Record<string, string>): Promise<number>;
}

async function startTraced(env: Environment = AT_ONCE): Promise<Traced> {
  const collector = await startCollector();
  const server = startServer(tempFolder(), { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env });
  const url = await server.url();
  return {
    server,
    collector,
    send: async (method, path, headers = {}) => {
      const body = method === 'GET' ? {} : { body: `{"key":"${SECRET}","value":"${SECRET}"}` };
      const type = { 'content-type': 'application/json' };
      const init = { method, headers: { ...type, ...headers }, ...body };
      return (await fetch(url + path, init)).status;
    },
  };
}

test('a span tells the route, and goes on with the trace of the caller', async () => {
  const { collector, send, server } = await startTraced();
  const traceparent = `00-${TRACE_ID}-${PARENT_ID}-01`;
  expect(await send('PUT', `/kv?key=${SECRET}`, { traceparent, authorization: SECRET })).toBe(200);
  await collector.holds('PUT /kv');
  const received = collector.received();
  expect(collector.asked[0]).toBe('/v1/traces');
  for (const id of [TRACE_ID, PARENT_ID]) expect(received.includes(id, 'hex'), id).toBe(true);
  const words = ['http.request.method', 'http.route', 'http.response.status_code', 'url.scheme'];
  for (const word of [...words, 'service.name', 'dumbkv']) {
    expect(received.includes(word), word).toBe(true);
  }
  expect(received.includes(SECRET)).toBe(false);
  expect(await server.end('SIGTERM')).toBe(0);
});

test('of a path that leads nowhere and of a strange method nothing is told', async () => {
  const { collector, send } = await startTraced();
  expect(await send('GET', `/${SECRET}`)).toBe(404);
  expect(await send('PROPFIND', '/kv')).toBe(405);
  await collector.holds('_OTHER');
  expect(collector.received().includes(SECRET)).toBe(false);
  expect(collector.received().includes('PROPFIND')).toBe(false);
});

test('a failure of the server is an error in its span, a refusal is none', async () => {
  // nobody answers there, so who comes with a JWT is told to come again
  const issuer = { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_AUDIENCE: 'a' };
  const { collector, send } = await startTraced({ ...AT_ONCE, ...issuer });
  expect(await send('PUT', '/kv', { authorization: 'Bearer wrong' })).toBe(401);
  await collector.holds('PUT /kv');
  expect(collector.received().includes('error.type')).toBe(false);
  expect(await send('PUT', '/kv', { authorization: 'Bearer a.b.c' })).toBe(401);
  expect(await send('PUT', '/kv', { authorization: `Bearer ${JWT}` })).toBe(503);
  await collector.holds('error.type');
});

test('a span of a client that left before the reply says so, and tells no status', async () => {
  const { collector, server } = await startTraced();
  const line = await openRawLine(Number(new URL(await server.url()).port));
  line.socket.write(rawRequest('PUT', '{"key":"k","value":"v"}').slice(0, -1));
  line.socket.end();
  await collector.holds('aborted');
  expect(collector.received().includes('PUT /kv')).toBe(true);
  expect(collector.received().includes('http.response.status_code')).toBe(false);
});

test('what is left is sent at the end', async () => {
  const { collector, send, server } = await startTraced({ OTEL_BSP_SCHEDULE_DELAY: '600000' });
  expect(await send('PUT', '/kv')).toBe(200);
  expect(collector.asked).toEqual([]);
  expect(await server.end('SIGTERM')).toBe(0);
  expect(collector.received().includes('PUT /kv')).toBe(true);
});

test('the name of the service and its attributes are those of the variables', async () => {
  const { collector, send } = await startTraced({
    ...AT_ONCE,
    OTEL_SERVICE_NAME: 'orders-store',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=testing',
  });
  await send('PUT', '/kv');
  await collector.holds('orders-store');
  expect(collector.received().includes('testing')).toBe(true);
});

test('lines of the log name the trace', async () => {
  const { send, server } = await startTraced({ ...AT_ONCE, REQUEST_LOG: 'all' });
  await send('PUT', '/kv', { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` });
  const told = await waitFor('the line', () => server.lines().find(({ msg }) => msg === 'request'));
  expect(told).toMatchObject({ traceId: TRACE_ID, route: '/kv' });
});

test.each([
  ['the SDK is disabled', { OTEL_SDK_DISABLED: 'true' }],
  ['the exporter is none', { OTEL_TRACES_EXPORTER: 'none' }],
  ['the sampler takes none', { OTEL_TRACES_SAMPLER: 'always_off' }],
  ['no endpoint is set', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
])('nothing is sent when %s', async (_, env: Environment) => {
  const { collector, send, server } = await startTraced({ ...AT_ONCE, ...env });
  expect(await send('PUT', '/kv')).toBe(200);
  expect(await server.end('SIGTERM')).toBe(0);
  expect(collector.asked).toEqual([]);
});

test('a caller whose trace is not sampled is not either', async () => {
  const { collector, send, server } = await startTraced();
  await send('PUT', '/kv', { traceparent: `00-${TRACE_ID}-${PARENT_ID}-00` });
  await send('GET', '/health', { traceparent: 'made up' });
  expect(await server.end('SIGTERM')).toBe(0);
  expect(collector.received().includes('PUT /kv')).toBe(false);
  expect(collector.received().includes('GET /health')).toBe(true);
});

test('a collector that is away harms nobody', async () => {
  const { collector, send, server } = await startTraced();
  collector.leave();
  for (let i = 0; i < 50; i += 1) expect(await send('PUT', '/kv')).toBe(200);
  expect(await server.end('SIGTERM')).toBe(0);
});

test('the log says once that traces are lost, and once that they are no more', async () => {
  let status = 400;
  const collector = await startCollector((_request, response) => {
    response.writeHead(status).end(SECRET);
  });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...AT_ONCE };
  const server = startServer(tempFolder(), env);
  const sendUntil = (what: string, isSo: () => boolean) =>
    waitFor(what, async () => {
      await server.kv('PUT', { key: 'k', value: 'v' });
      return isSo();
    });
  const told = () => server.lines().filter(({ msg }) => msg.startsWith('traces '));
  await sendUntil('some batches', () => collector.asked.length > 4);
  await sendUntil('the loss to be told', () => told().length > 0);
  status = 200;
  await sendUntil('the end of it', () => told().length > 1);
  await sendUntil('some more', () => collector.asked.length > 10);
  expect(told()).toMatchObject([
    { level: 40, msg: 'traces cannot be sent and are lost', reason: 400 },
    { level: 30, msg: 'traces are sent again' },
  ]);
  expect(JSON.stringify(server.lines())).not.toContain(SECRET);
});

test('a collector that never answers does not hold up the end', async () => {
  const collector = await startCollector(() => {});
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...AT_ONCE };
  const server = startServer(tempFolder(), env);
  await server.kv('PUT', { key: 'k', value: 'v' });
  await waitFor('the spans to be under way', () => collector.asked.length > 0);
  expect(await server.end('SIGTERM')).toBe(0);
});

test('a .env may ask for traces, in words that are known', async () => {
  const collector = await startCollector();
  const folder = tempFolder();
  const lines = [`OTEL_EXPORTER_OTLP_ENDPOINT=${collector.url}`, 'OTEL_BSP_SCHEDULE_DELAY=10'];
  writeFileSync(join(folder, '.env'), lines.join('\n'));
  const server = startServer(folder, { OTEL_SERVICE_NAME: 'orders-store' });
  await server.kv('PUT', { key: 'k', value: 'v' });
  await collector.holds('orders-store');
  expect(await server.end('SIGTERM')).toBe(0);
  writeFileSync(join(folder, '.env'), 'OTEL_EXPORTER_ENDPOINT=http://127.0.0.1:4318\n');
  const other = startServer(folder);
  expect(await other.exit()).toBe(1);
  expect(other.fatalLine()?.msg).toContain('"OTEL_EXPORTER_ENDPOINT", which is no setting');
});

test('a variable that OpenTelemetry does not understand is told', async () => {
  const { server } = await startTraced({ OTEL_TRACES_SAMPLER: 'sometimes' });
  expect(server.lines()).toContainEqual(
    expect.objectContaining({ reason: expect.stringContaining('OTEL_TRACES_SAMPLER'), level: 40 }),
  );
});
