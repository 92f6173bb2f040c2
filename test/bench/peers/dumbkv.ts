// This server as it is built and shipped, with a token as the operator gives it, on SQLite and on a
// Postgres of its own; once more with its sealing replaced by copying, once more with a query for
// each request, and with few keys beside those with many.
// Next: `peers.ts`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sealingKeyFileText } from '../../../server/sealing/key-file.ts';
import { type Command, kvContract, type Peer, type Place, partsOf } from './peer.ts';
import { locationOf, postgresCommand } from './postgres.ts';

/** What the image gives Node, and the C library. */
const AS_SHIPPED = ['--max-semi-space-size=16'];
const SHIPPED_SETTINGS = { NODE_ENV: 'production', MALLOC_ARENA_MAX: '2' };
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';
const HEADERS = { authorization: `Bearer ${TOKEN}` };
const SEALING_KEY_BYTES = 32;
/** A batch holds so many operations, and little more than so many bytes. */
const BATCH_OPERATIONS = 128;
const BATCH_BYTES = 2 ** 20;
/** The keys of a peer that has few of them. */
const FEW_KEYS = 1_000;

type Environment = Readonly<Record<string, string>>;

type DatabaseAt = (place: Place) => Environment;

interface Build {
  readonly name: string;
  readonly title: string;
  /** A folder of `dist`. */
  readonly build: string;
  readonly keysMax?: number;
}

function settingsOf({ folder, port }: Place, database: Environment): Environment {
  const tokens = join(folder, 'tokens');
  writeFileSync(tokens, `${TOKEN}\n`);
  return { ...SHIPPED_SETTINGS, PORT: String(port), TOKENS_FILE: tokens, ...database };
}

const serverCommand = (build: string, env: Environment): Command => ({
  run: [
    process.execPath,
    ...AS_SHIPPED,
    fileURLToPath(new URL(`../../../dist/${build}/main.js`, import.meta.url)),
  ],
  env,
});

const peer = (
  { build, ...rest }: Build,
  before: Peer['commands'],
  databaseAt: DatabaseAt,
): Peer => ({
  ...rest,
  keeps: 'durably',
  readyPath: '/health/ready',
  commands: (place) => [
    ...before(place),
    serverCommand(build, settingsOf(place, databaseAt(place))),
  ],
  ...kvContract(HEADERS),
  scrape: { method: 'GET', path: '/metrics' },
  fill: ({ keys, value }) => {
    const most = Math.min(BATCH_OPERATIONS, Math.floor(BATCH_BYTES / (value.length + 64)));
    return partsOf(keys, most).map((part) => ({
      method: 'POST',
      path: '/v1/databases/0/batch',
      headers: { 'content-type': 'application/json', ...HEADERS },
      body: JSON.stringify({ operations: part.map((key) => ({ op: 'put', key, value })) }),
    }));
  },
});

const onSqlite = (build: Build): Peer =>
  peer(
    build,
    () => [],
    ({ folder }) => ({ DATABASE_LOCATION: join(folder, 'bench.db') }),
  );

const onPostgres = (build: Build): Peer =>
  peer(
    build,
    (place) => [postgresCommand(place)],
    (place) => {
      const keyFile = join(place.folder, 'sealing-key');
      writeFileSync(keyFile, sealingKeyFileText(Buffer.alloc(SEALING_KEY_BYTES, 1)));
      return {
        DATABASE_TYPE: 'postgres',
        DATABASE_LOCATION: locationOf(place),
        SEALING_KEY_FILE: keyFile,
      };
    },
  );

/** On SQLite, as it is. */
export const dumbkv = onSqlite({ name: 'dumbkv', title: 'DumbKV, SQLite', build: 'server' });

/** The same with sealing left out. */
export const unsealed = onSqlite({
  name: 'unsealed',
  title: 'DumbKV, SQLite, sealing left out',
  build: 'unsealed',
});

/** On Postgres, as it is. */
export const postgres = onPostgres({
  name: 'postgres',
  title: 'DumbKV, Postgres',
  build: 'server',
});

/** The same with a query for each read, and a transaction for each write. */
export const oneByOne = onPostgres({
  name: 'one-by-one',
  title: 'DumbKV, Postgres, one query a request',
  build: 'one-by-one',
});

/** The same two with few keys, where those have many: what a scrape costs is judged by them. */
export const few = onSqlite({
  name: 'few',
  title: 'DumbKV, SQLite, few keys',
  build: 'server',
  keysMax: FEW_KEYS,
});
export const postgresFew = onPostgres({
  name: 'postgres-few',
  title: 'DumbKV, Postgres, few keys',
  build: 'server',
  keysMax: FEW_KEYS,
});
