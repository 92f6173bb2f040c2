// What is served beside the store: the page, its icon, health, Swagger UI and the OpenAPI document.
// What is in the page is tested in test/unit/server/page.test.ts.
import { expect, test } from 'vitest';
import { replyErrors } from '../../server/errors.ts';
import { icon, page, pagePolicy } from '../../server/page/page.ts';
import { openApp } from './support/open-app.ts';

test('the page is served with its policy', async () => {
  const { send } = await openApp();
  const reply = await send({ url: '/' });
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(reply.headers['content-security-policy']).toBe(pagePolicy);
  expect(reply.body).toBe(page);
});

test('the icon is served as the picture that it is', async () => {
  const { send } = await openApp();
  const reply = await send({ url: '/favicon.ico' });
  expect(reply.headers['content-type']).toMatch(/^image\/svg\+xml/);
  expect(reply.body).toBe(icon);
});

test.each(['/health', '/health/live', '/health/ready', '/health/startup'])(
  '%s says healthy',
  async (url) => {
    const { send } = await openApp();
    const reply = await send({ url });
    expect([reply.statusCode, reply.json()]).toEqual([200, { status: 'healthy' }]);
  },
);

test('HEAD is answered like GET without a body', async () => {
  const { send } = await openApp();
  const reply = await send({ method: 'HEAD', url: '/health' });
  expect(reply.statusCode).toBe(200);
  expect(reply.body).toBe('');
});

test('Swagger UI is served, loads from here alone, and works without TLS', async () => {
  const { send } = await openApp();
  const reply = await send({ url: '/docs' });
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['content-type']).toMatch(/^text\/html/);
  const policy = reply.headers['content-security-policy'];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('upgrade-insecure-requests');
  expect(policy).not.toContain('http');
});

test.each(['swagger-ui-bundle.js', 'swagger-initializer.js', 'swagger-ui.css'])(
  'Swagger UI gets its %s',
  async (file) => {
    const { send } = await openApp();
    expect((await send({ url: `/docs/static/${file}` })).statusCode).toBe(200);
  },
);

test('the OpenAPI document is 3.1 and describes the calls', async () => {
  const { send } = await openApp();
  const document = (await send({ url: '/openapi.json' })).json();
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths['/kv'])).toEqual(['post', 'put', 'delete']);
  for (const path of ['/health', '/health/live', '/health/ready', '/health/startup', '/metrics']) {
    expect(document.paths[path]).toHaveProperty('get');
  }
  expect(document.components.securitySchemes.token).toEqual({ type: 'http', scheme: 'bearer' });
});

test('the OpenAPI document describes entries under /v1, their headers and bytes', async () => {
  const { send } = await openApp();
  const { paths } = (await send({ url: '/openapi.json' })).json();
  const entry = paths['/v1/databases/{database}/keys/{key}'];
  expect(Object.keys(entry)).toEqual(['get', 'put', 'delete']);
  expect(Object.keys(paths['/v1/databases/{database}/keys'])).toEqual(['put', 'delete', 'get']);
  const names = entry.put.parameters.map(({ name }: { name: string }) => name);
  expect(names).toEqual(['database', 'key', 'If-Match', 'If-None-Match', 'DumbKV-TTL']);
  expect(entry.put.requestBody.content).toHaveProperty(['*/*']);
  expect(entry.put.responses['201'].headers).toHaveProperty('ETag');
  expect(entry.get.responses['200'].content).toHaveProperty(['*/*']);
  expect(entry.get.responses['304']).not.toHaveProperty('content');
});

test('the OpenAPI document says what a body may hold', async () => {
  const { send } = await openApp();
  const { paths } = (await send({ url: '/openapi.json' })).json();
  const { schema } = paths['/kv'].put.requestBody.content['application/json'];
  expect(schema.required).toEqual(['key', 'value']);
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.database).toMatchObject({
    type: 'integer',
    minimum: 0,
    maximum: 2 ** 31 - 1,
    default: 0,
  });
});

interface Documented {
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content: Record<string, { schema: Record<string, unknown> }> }>;
}

async function documentedCalls(): Promise<[string, Documented][]> {
  const { send } = await openApp();
  const { paths } = (await send({ url: '/openapi.json' })).json();
  return Object.entries(paths as Record<string, Record<string, Documented>>).flatMap(
    ([path, calls]) =>
      Object.entries(calls).map(([method, call]): [string, Documented] => [
        `${method} ${path}`,
        call,
      ]),
  );
}

test('each error of every call is documented as a problem with the codes it has', async () => {
  const calls = await documentedCalls();
  expect(calls.length).toBeGreaterThan(8);
  for (const [name, { responses }] of calls) {
    for (const status of [400, 405, 408, 417, 421, 431, 500]) {
      expect(responses, name).toHaveProperty(String(status));
    }
    for (const [status, reply] of Object.entries(responses)) {
      if (Number(status) < 400) continue;
      const codes = Object.entries(replyErrors).filter((one) => String(one[1].status) === status);
      expect(reply.content['application/problem+json']?.schema, `${name} ${status}`).toMatchObject({
        properties: { code: { enum: codes.map(([code]) => code) }, status: { enum: [+status] } },
      });
    }
  }
});

test('whatever asks who calls may find that it may not, or calls too often', async () => {
  const guarded = (await documentedCalls()).filter(([, { responses }]) => '401' in responses);
  expect(guarded.length).toBeGreaterThan(8);
  for (const [name, { responses }] of guarded) {
    for (const status of ['403', '429', '503']) expect(responses, name).toHaveProperty(status);
  }
});

test('every error is documented at some call', async () => {
  const calls = await documentedCalls();
  const documented = new Set(calls.flatMap(([, { responses }]) => Object.keys(responses)));
  for (const { status } of Object.values(replyErrors)) {
    expect(documented).toContain(String(status));
  }
});

test('health may fail, metrics are text, and a write has a condition', async () => {
  const calls = new Map(await documentedCalls());
  expect(Object.keys(calls.get('get /health')?.responses ?? {})).toEqual(
    expect.arrayContaining(['200', '500', '503']),
  );
  expect(calls.get('get /metrics')?.responses['200']?.content).toHaveProperty('text/plain');
  expect(calls.get('put /kv')?.parameters).toEqual([
    expect.objectContaining({ name: 'if-none-match', in: 'header', required: false }),
  ]);
});
