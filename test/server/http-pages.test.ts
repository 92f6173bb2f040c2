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

test.each(['/', '/kv', '/metrics', '/docs', '/nothing'])(
  'browsers are told not to guess the type of %s',
  async (url) => {
    const { send } = await openApp();
    expect((await send({ url })).headers['x-content-type-options']).toBe('nosniff');
  },
);

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

test('every error of a call is documented as a problem', async () => {
  const { send } = await openApp();
  const { paths } = (await send({ url: '/openapi.json' })).json();
  const statuses = new Set<number>(Object.values(replyErrors).map(({ status }) => status));
  for (const call of Object.values(paths['/kv']) as { responses: Record<string, unknown> }[]) {
    const errors = Object.entries(call.responses).filter(([status]) => status !== '200');
    expect(errors.length).toBeGreaterThan(6);
    for (const [status, reply] of errors) {
      expect(statuses).toContain(Number(status));
      expect(reply).toHaveProperty(['content', 'application/problem+json']);
    }
  }
});
