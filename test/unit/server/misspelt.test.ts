// Which names are taken for slips of a setting, and which are somebody else's.
import { expect, test } from 'vitest';
import { settings } from '../../../server/config.ts';
import { misspeltAmong } from '../../../server/misspelt.ts';

const KNOWN = new Set(Object.values(settings).map(({ name }) => name));
const meantBy = (name: string) => misspeltAmong([name], KNOWN)[0]?.meant;

test.each([
  ['TOKEN_FILE', 'TOKENS_FILE'],
  ['TOKENS_FILES', 'TOKENS_FILE'],
  ['TOKENSFILE', 'TOKENS_FILE'],
  ['TOKNES_FILE', 'TOKENS_FILE'],
  ['tokens_file', 'TOKENS_FILE'],
  ['SEALING_KEYS_FILE', 'SEALING_KEY_FILE'],
  ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
  ['DATABASE_LOCATON', 'DATABASE_LOCATION'],
  ['OIDC_AUDIENCES', 'OIDC_AUDIENCE'],
  ['STOREID', 'STORE_ID'],
  ['RATE_LIMIT_PER_SECONDS', 'RATE_LIMIT_PER_SECOND'],
])('%s is probably %s', (name, meant) => {
  expect(meantBy(name)).toBe(meant);
});

test.each([
  ...['HOSTS', 'HOSTNAME', 'POST', 'PORTS', 'SPORT', 'HOME', 'PATH', 'PWD', 'TERM', 'USER', ''],
  ...['DATABASE_URL', 'DATABASE_NAME', 'DATABASE_HOST', 'DATABASE_PASSWORD', 'STORE_DIR'],
  ...['NODE_OPTIONS', 'NODE_ENV', 'NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX', 'LOG_FILE'],
  ...['KUBERNETES_SERVICE_HOST', 'DUMBKV_PORT_8000_TCP', 'npm_config_loglevel', 'REQUEST_ID'],
  ...[
    'OTEL_TRACES_EXPORTER',
    'OTEL_SERVICE_NAME',
    'RATE_LIMIT',
    'TOKEN',
    'TOKENS',
    'OIDC_CLIENT_ID',
  ],
])('%j is somebody else’s', (name) => {
  expect(meantBy(name)).toBeUndefined();
});

test('no setting is taken for another one', () => {
  expect(misspeltAmong([...KNOWN], KNOWN)).toEqual([]);
});
