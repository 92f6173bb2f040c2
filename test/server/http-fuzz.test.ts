// Anything at all as a request: the server answers with a status that it documents, and never with
// a 5xx. What each answer should be is tested in the other files.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replyErrors } from '../../server/errors.ts';
import { type OpenApp, openApp } from './support/open-app.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const KV_METHODS = ['POST', 'PUT', 'DELETE'] as const;

const OWN_STATUSES = new Set([
  200,
  204,
  ...Object.values(replyErrors)
    .map(({ status }): number => status)
    .filter((status) => status < 500),
]);

/** Values near the borders of what a member may hold. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', '\0', '\uD800', '🔑', [], {}, -1, 2 ** 31, 1e308, '0'),
  fc.jsonValue(),
  fc.string({ unit: 'binary', maxLength: 1_100 }),
);

const body = fc.oneof(
  fc.record({ database: odd, key: odd, value: odd }, { requiredKeys: [] }),
  fc.record({ key: fc.string({ minLength: 1 }), value: fc.string() }, { requiredKeys: ['key'] }),
  fc.dictionary(fc.string(), odd, { maxKeys: 5 }),
  odd,
);

async function expectDocumented(
  { send }: OpenApp,
  request: Parameters<OpenApp['send']>[0],
): Promise<void> {
  const reply = await send(request);
  expect(OWN_STATUSES, `${reply.statusCode} ${reply.body}`).toContain(reply.statusCode);
  if (reply.statusCode < 400 || reply.body === '') return;
  const problem = reply.json();
  expect(replyErrors).toHaveProperty(problem.code);
  expect(problem.status).toBe(reply.statusCode);
  expect(problem.detail.length).toBeLessThan(1_000);
}

test('any JSON as the body of any call', async () => {
  const opened = await openApp();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...KV_METHODS), body, async (method, payload) => {
      const headers = { 'content-type': 'application/json' };
      const text = JSON.stringify(payload);
      await expectDocumented(opened, { method, url: '/kv', headers, payload: text });
    }),
    { numRuns: 400 },
  );
});

test('any bytes as the body of any call', async () => {
  const opened = await openApp();
  const bytes = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...KV_METHODS), bytes, async (method, raw) => {
      const headers = { 'content-type': 'application/json' };
      await expectDocumented(opened, { method, url: '/kv', headers, payload: Buffer.from(raw) });
    }),
    { numRuns: 200 },
  );
});

test('any method on any path with any query', async () => {
  const opened = await openApp();
  const known = fc.constantFrom('/', '/kv', '/health', '/metrics', '/openapi.json', '/docs');
  const path = fc.oneof(
    known,
    fc.webPath().map((text) => `/${text}`),
  );
  const query = fc.webQueryParameters();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...METHODS), path, query, async (method, url, text) => {
      const reply = await opened.send({ method, url: `${url}?${text}` });
      expect(reply.statusCode, `${method} ${url}`).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});

test('any headers that can be sent', async () => {
  const opened = await openApp();
  const name = fc.constantFrom(
    'if-match',
    'if-none-match',
    'authorization',
    'origin',
    'content-type',
    'accept',
    'x-anything',
  );
  const value = fc.stringMatching(/^[!-~]{0,40}$/);
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value), async (headers) => {
      const all = { 'content-type': 'application/json', ...headers };
      const payload = '{"key":"k","value":"v"}';
      await expectDocumented(opened, { method: 'PUT', url: '/kv', headers: all, payload });
    }),
    { numRuns: 300 },
  );
});
