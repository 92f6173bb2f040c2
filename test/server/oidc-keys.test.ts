// The keys of an issuer over time: changed, unknown, gone at the start and later, and documents
// that are none. The issuer is a real HTTP server.
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { startIssuer } from './support/issuer.ts';
import { openCallers } from './support/jwt-callers.ts';
import { waitFor } from './support/wait-for.ts';

const UNAVAILABLE = { code: 'DKV_ISSUER_UNAVAILABLE', status: 503 };
const FAST = { refreshMs: 30 };
const PATHS = ['/.well-known/openid-configuration', '/keys'];

test('the keys are fetched once for many tokens', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  for (let i = 0; i < 5; i += 1) await accessOf(await issuer.sign({ sub: `s${i}` }));
  expect(issuer.asked).toEqual(PATHS);
});

test('a token signed with a new key counts at once', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer, {}, { pauseMs: 0 });
  const old = await issuer.sign();
  expect(await accessOf(old)).toBe('read-write');
  const [oldKey] = issuer.keys;
  await issuer.changeKey('second');
  if (oldKey) issuer.keys.push(oldKey);
  expect(await accessOf(await issuer.sign())).toBe('read-write');
  expect(await accessOf(old)).toBe('read-write');
});

test('tokens of a key that is gone count no more, remembered or not', async () => {
  const issuer = await startIssuer();
  const { accessOf, callers } = openCallers(issuer, {}, FAST);
  const [old, unseen] = [await issuer.sign(), await issuer.sign({ sub: 'another' })];
  expect(await accessOf(old)).toBe('read-write');
  const before = callers.generation;
  await issuer.changeKey('second');
  await waitFor('the old token to be refused', async () => (await accessOf(old)) === undefined);
  expect(callers.generation).toBeGreaterThan(before);
  expect(await accessOf(unseen)).toBeUndefined();
});

test('keys that stay the same end no memory', async () => {
  const issuer = await startIssuer();
  const { accessOf, callers } = openCallers(issuer, {}, FAST);
  await accessOf(await issuer.sign());
  const before = callers.generation;
  await waitFor('some fetches', () => issuer.asked.length > 6);
  expect(callers.generation).toBe(before);
});

test('tokens that name unknown keys do not make the server ask for each', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  await accessOf(await issuer.sign());
  for (let i = 0; i < 5; i += 1) {
    expect(await accessOf(await issuer.sign({}, { kid: `made-up-${i}` }))).toBeUndefined();
  }
  expect(issuer.asked).toEqual(PATHS);
});

test('an issuer that is away at the start is told, and counts when it is there', async () => {
  const issuer = await startIssuer();
  const token = await issuer.sign();
  const port = await issuer.leave();
  const { accessOf, lines } = openCallers(issuer, {}, { failurePauseMs: 10 });
  await expect(accessOf(token)).rejects.toMatchObject(UNAVAILABLE);
  await expect(accessOf(token)).rejects.toMatchObject({ headers: { 'retry-after': '5' } });
  await issuer.listen(port);
  await waitFor('the keys', () => accessOf(token).catch(() => undefined));
  expect(await accessOf(token)).toBe('read-write');
  expect(lines().filter(({ level }) => level >= 30)).toMatchObject([
    { level: 40, reason: expect.stringContaining('ECONNREFUSED') },
    { level: 30, msg: 'the keys of the issuer can be had again' },
  ]);
});

test('one that is away is not asked again for each token', async () => {
  const issuer = await startIssuer();
  const token = await issuer.sign();
  issuer.instead = (_request, response) => void response.writeHead(500).end();
  const { accessOf } = openCallers(issuer);
  for (let i = 0; i < 5; i += 1) {
    await expect(accessOf(token)).rejects.toMatchObject(UNAVAILABLE);
  }
  expect(issuer.asked).toEqual(PATHS.slice(0, 1));
});

test('one that is away later changes nothing for the keys that are known', async () => {
  const issuer = await startIssuer();
  const { accessOf, lines } = openCallers(issuer, {}, { ...FAST, pauseMs: 0 });
  await accessOf(await issuer.sign());
  const port = await issuer.leave();
  await waitFor('the loss to be noticed', () => lines().some(({ level }) => level === 40));
  expect(await accessOf(await issuer.sign({ sub: 'new here' }))).toBe('read-write');
  await issuer.changeKey('second');
  await expect(accessOf(await issuer.sign())).rejects.toMatchObject(UNAVAILABLE);
  await issuer.listen(port);
  const token = await issuer.sign();
  await waitFor('the new key', () => accessOf(token).catch(() => undefined));
});

test('keys do not count for ever while nobody says that they still hold', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer, {}, { keepMs: 200 });
  expect(await accessOf(await issuer.sign())).toBe('read-write');
  await issuer.leave();
  await waitFor('the keys to be old', async () =>
    accessOf(await issuer.sign({ sub: String(Math.random()) })).then(
      () => false,
      ({ code }) => code === UNAVAILABLE.code,
    ),
  );
});

const json = (value: unknown) => JSON.stringify(value);
const endless = () => Readable.from(Array(100).fill('x'.repeat(64 * 1024)));

test.each([
  ['it is no JSON', '<html>', /is not valid JSON/],
  ['it is nothing', 'null', /of another issuer/],
  ['it is of another issuer', json({ issuer: 'https://evil.example' }), /of another issuer/],
  ['it does not end', endless(), new RegExp(`larger than ${limits.oidcDocumentBytesMax}`)],
])('a discovery document is not used when %s', async (_, body, message) => {
  const issuer = await startIssuer();
  issuer.instead = (_request, response) => {
    response.on('error', () => {});
    if (typeof body === 'string') response.end(body);
    else body.pipe(response);
  };
  const { accessOf, lines } = openCallers(issuer);
  await expect(accessOf(await issuer.sign())).rejects.toMatchObject(UNAVAILABLE);
  expect(lines().at(-1)?.reason).toMatch(message);
});

test.each(['http://keys.example/keys', 'ftp://127.0.0.1/keys', 'keys', undefined])(
  'keys at %s are not fetched',
  async (address) => {
    const issuer = await startIssuer();
    issuer.discovery = { jwks_uri: address };
    const { accessOf, lines } = openCallers(issuer);
    await expect(accessOf(await issuer.sign())).rejects.toMatchObject(UNAVAILABLE);
    expect(lines().at(-1)?.reason).toMatch(/jwks_uri is no https URL/);
  },
);

test('a redirect is not followed', async () => {
  const [issuer, other] = [await startIssuer(), await startIssuer()];
  issuer.instead = (request, response) =>
    void response.writeHead(302, { location: `${other.url}${request.url}` }).end();
  const { accessOf } = openCallers(issuer);
  await expect(accessOf(await issuer.sign())).rejects.toMatchObject(UNAVAILABLE);
  expect(other.asked).toEqual([]);
});

test.each([
  [{ keys: 'none' }, /JSON Web Key Set malformed/],
  [[], /malformed/],
])('keys that are none are told: %j', async (keys, message) => {
  const issuer = await startIssuer();
  issuer.instead = (request, response) =>
    void response.end(
      json(request.url === '/keys' ? keys : { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }),
    );
  const { accessOf, lines } = openCallers(issuer);
  await expect(accessOf(await issuer.sign())).rejects.toMatchObject(UNAVAILABLE);
  expect(lines().at(-1)?.reason).toMatch(message);
});

test('a key that cannot be used spoils no other', async () => {
  const issuer = await startIssuer();
  issuer.keys.push({ kty: 'RSA', kid: 'broken', alg: 'RS256', n: 'AQAB', e: 'AQAB' });
  const { accessOf } = openCallers(issuer);
  expect(await accessOf(await issuer.sign())).toBe('read-write');
  expect(await accessOf(await issuer.sign({}, { kid: 'broken' }))).toBeUndefined();
});
