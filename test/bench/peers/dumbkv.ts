// This server as it is built and shipped, with a token as the operator gives it; once more with its
// sealing replaced by copying, and on Postgres when a database is named.
// Next: `peers.ts`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kvContract, type Peer, type Place } from './peer.ts';

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MAIN = fromHere('../../../dist/server/main.js');
const UNSEALED = fromHere('../unsealed/register.ts');
/** What the image gives Node. */
const AS_SHIPPED = ['--max-semi-space-size=4'];
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';

const settings = ({ folder, port }: Place, database: Readonly<Record<string, string>>) => {
  const tokens = join(folder, 'tokens');
  writeFileSync(tokens, `${TOKEN}\n`);
  return { NODE_ENV: 'production', PORT: String(port), TOKENS_FILE: tokens, ...database };
};

const peer = (
  name: string,
  title: string,
  nodeOptions: readonly string[],
  databaseAt: (place: Place) => Readonly<Record<string, string>>,
): Peer => ({
  name,
  title,
  keeps: 'durably',
  readyPath: '/health/ready',
  commands: (place) => [
    {
      run: [process.execPath, ...AS_SHIPPED, ...nodeOptions, MAIN],
      env: settings(place, databaseAt(place)),
    },
  ],
  ...kvContract({ authorization: `Bearer ${TOKEN}` }),
});

const sqliteIn = ({ folder }: Place) => ({ DATABASE_LOCATION: join(folder, 'bench.db') });

/** On SQLite, as it is. */
export const dumbkv = peer('dumbkv', 'DumbKV, SQLite', [], sqliteIn);

/** The same with sealing left out. */
export const unsealed = peer(
  'unsealed',
  'DumbKV, SQLite, sealing left out',
  ['--import', UNSEALED],
  sqliteIn,
);

/** On the Postgres at this URL, whose own processor time is not seen from here. */
export const onPostgres = (url: string): Peer =>
  peer('postgres', 'DumbKV, Postgres', [], () => ({
    DATABASE_TYPE: 'postgres',
    DATABASE_LOCATION: url,
  }));
