// Settings: defaults, what is refused, and that all mistakes are told at once.
// The program's own use of them is tested in test/server/start.test.ts.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configFrom, helpText, settings } from '../../../server/config.ts';
import { StartError } from '../../../server/errors.ts';

const DOCS = readFileSync(new URL('../../../docs/server.md', import.meta.url), 'utf8');
const STORE_ID = '0190f1f2-7c1e-7d5b-9b1a-0123456789ab';

function mistakesOf(env: Record<string, string>): string {
  try {
    configFrom(env);
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    expect(error).toHaveProperty('code', 'DKV_CONFIG_INVALID');
    return (error as Error).message;
  }
  throw new Error('the settings were taken');
}

test('without any setting the server is for this machine alone, open, in a local file', () => {
  expect(configFrom({})).toEqual({
    databaseType: 'sqlite',
    databaseLocation: './dumbkv.db',
    databaseLocationFile: undefined,
    databasePoolMax: 25,
    databasePoolIdle: 5,
    host: '127.0.0.1',
    port: 8000,
    logLevel: 'info',
    allowedOrigins: undefined,
    tokensFile: undefined,
    sealingKeyFile: undefined,
    storeId: undefined,
    oidcIssuer: undefined,
    oidcAudience: undefined,
    oidcAccessClaim: 'scope',
    oidcReadWriteValues: ['dumbkv:read-write'],
    oidcReadOnlyValues: ['dumbkv:read-only'],
    rateLimitPerSecond: undefined,
    rateLimitBurst: undefined,
    requestLog: 'off',
  });
});

test('every setting is taken from its variable', () => {
  expect(
    configFrom({
      DATABASE_TYPE: 'postgres',
      DATABASE_LOCATION_FILE: '/etc/dumbkv/database/url',
      DATABASE_POOL_MAX: '40',
      DATABASE_POOL_IDLE: '0',
      HOST: '::',
      PORT: '9000',
      LOG_LEVEL: 'debug',
      ALLOWED_ORIGINS: 'https://a.example, http://localhost:3000',
      TOKENS_FILE: '/etc/dumbkv/tokens/token',
      SEALING_KEY_FILE: '/etc/dumbkv/sealing/sealing-key',
      STORE_ID,
      OIDC_ISSUER: 'https://issuer.example',
      OIDC_AUDIENCE: 'dumbkv',
      OIDC_ACCESS_CLAIM: 'groups',
      OIDC_READ_WRITE_VALUES: 'writers, admins',
      OIDC_READ_ONLY_VALUES: 'readers',
      RATE_LIMIT_PER_SECOND: '100',
      RATE_LIMIT_BURST: '500',
      REQUEST_LOG: 'errors',
      UNRELATED: 'is not ours to judge',
    }),
  ).toEqual({
    databaseType: 'postgres',
    databaseLocation: './dumbkv.db',
    databaseLocationFile: '/etc/dumbkv/database/url',
    databasePoolMax: 40,
    databasePoolIdle: 0,
    host: '::',
    port: 9000,
    logLevel: 'debug',
    allowedOrigins: ['https://a.example', 'http://localhost:3000'],
    tokensFile: '/etc/dumbkv/tokens/token',
    sealingKeyFile: '/etc/dumbkv/sealing/sealing-key',
    storeId: STORE_ID,
    oidcIssuer: 'https://issuer.example',
    oidcAudience: ['dumbkv'],
    oidcAccessClaim: 'groups',
    oidcReadWriteValues: ['writers', 'admins'],
    oidcReadOnlyValues: ['readers'],
    rateLimitPerSecond: 100,
    rateLimitBurst: 500,
    requestLog: 'errors',
  });
});

test('an empty text counts as not set', () => {
  const empty = Object.fromEntries(Object.values(settings).map(({ name }) => [name, '']));
  expect(configFrom(empty)).toEqual(configFrom({}));
});

test('nobody can change the settings afterwards', () => {
  const config = configFrom({ ALLOWED_ORIGINS: 'https://a.example' });
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.allowedOrigins)).toBe(true);
});

test('all mistakes are told at once, each with its setting', () => {
  const message = mistakesOf({
    DATABASE_TYPE: 'mysql',
    PORT: 'eighty',
    LOG_LEVEL: 'loud',
    ALLOWED_ORIGINS: 'example.org',
    STORE_ID: 'mine',
  });
  for (const name of ['DATABASE_TYPE', 'PORT', 'LOG_LEVEL', 'ALLOWED_ORIGINS', 'STORE_ID']) {
    expect(message).toContain(`${name} must be`);
  }
});

test.each([
  ['DATABASE_TYPE', 'mysql', /must be sqlite, postgres: there are no other engines/],
  ['DATABASE_TYPE', 'SQLite', /must be sqlite/],
  ['DATABASE_POOL_MAX', '2', /a number from 3 to 1000/],
  ['DATABASE_POOL_MAX', '1001', /a number from 3 to 1000/],
  ['DATABASE_POOL_IDLE', '-1', /a number from 0 to 1000/],
  ['PORT', '-1', /0 to 65535/],
  ['PORT', '65536', /0 to 65535/],
  ['PORT', '80.5', /0 to 65535/],
  ['PORT', '0x50', /0 to 65535/],
  ['PORT', ' 80', /0 to 65535/],
  ['LOG_LEVEL', 'silent', /must be fatal, error/],
  ['ALLOWED_ORIGINS', '*', /origins like/],
  ['ALLOWED_ORIGINS', 'https://a.example/', /origins like/],
  ['ALLOWED_ORIGINS', 'https://a.example/path', /origins like/],
  ['ALLOWED_ORIGINS', 'HTTPS://A.example', /origins like/],
  ['ALLOWED_ORIGINS', 'https://a.example,,https://b.example', /origins like/],
  ['ALLOWED_ORIGINS', 'ftp://a.example', /origins like/],
  ['STORE_ID', STORE_ID.toUpperCase(), /UUID in lower case/],
  ['STORE_ID', `${STORE_ID}0`, /UUID/],
  ['RATE_LIMIT_PER_SECOND', '0', /whole number from 1 to 1000000/],
  ['RATE_LIMIT_PER_SECOND', '1.5', /whole number from 1/],
  ['RATE_LIMIT_PER_SECOND', '1e3', /whole number from 1/],
  ['RATE_LIMIT_PER_SECOND', '1000001', /whole number from 1/],
  ['REQUEST_LOG', 'some', /must be off, errors, all/],
  ['RATE_LIMIT_BURST', '10', /must not be set without RATE_LIMIT_PER_SECOND/],
])('%s=%s is refused with a sentence that says what to give', (name, text, message) => {
  expect(mistakesOf({ [name]: text })).toMatch(message);
});

test.each(['0', '1', '65535'])('PORT=%s is taken', (text) => {
  expect(configFrom({ PORT: text }).port).toBe(Number(text));
});

test('a long wrong text is not repeated as a whole', () => {
  expect(mistakesOf({ ALLOWED_ORIGINS: 'x'.repeat(10_000) }).length).toBeLessThan(300);
});

test('the help names every setting with its default and its description', () => {
  const help = helpText();
  for (const { name, default: fallback, description } of Object.values(settings)) {
    const line = help.split('\n').find((text) => text.trim().startsWith(`${name} `));
    expect(line, name).toContain(description);
    if (fallback !== undefined) expect(line, name).toContain(`Default: ${fallback}`);
  }
});

test('the documentation lists the same settings with the same defaults', () => {
  const rows = [...DOCS.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)`|none) \|/gm)].filter(
    ([, name]) => !name?.startsWith('DKV_'),
  );
  expect(rows.map(([, name]) => name)).toEqual(Object.values(settings).map(({ name }) => name));
  for (const [, name, documented] of rows) {
    const found = Object.values(settings).find((one) => one.name === name);
    if (name !== 'SEALING_KEY_FILE') expect(documented, name).toBe(found?.default);
  }
});
