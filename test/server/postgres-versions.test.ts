// The oldest Postgres that the server takes, under the store contract, and the version before,
// which it refuses. `npm run test:postgres-13` runs all tests of Postgres on the oldest.
import { afterAll, beforeAll, expect } from 'vitest';
import { cachedPrograms } from '../support/postgres-programs.ts';
import { storeContract } from './store-contract.ts';
import {
  asked,
  freshDatabase,
  ownPostgres,
  type PostgresServer,
  testUnless,
} from './support/postgres.ts';
import { openerOn } from './support/postgres-contract.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';

const [oldest, tooOld] = [cachedPrograms('13'), cachedPrograms('12')];
const lacks = (version: string, programs: string | undefined) =>
  programs === undefined ? `version ${version}, of test/postgres-programs ${version}` : undefined;

let server: PostgresServer;

beforeAll(async () => {
  if (oldest !== undefined) server = await ownPostgres('', oldest);
});

afterAll(() => server?.close());

if (oldest !== undefined)
  storeContract(
    'Postgres 13',
    openerOn(() => server),
  );

testUnless(lacks('13', oldest))('that is version 13', async () => {
  const { rows } = await asked(server.location('postgres'), 'SHOW server_version');
  expect(rows).toEqual([{ server_version: expect.stringMatching(/^13\./) }]);
});

testUnless(lacks('12', tooOld))('version 12 is refused, and nothing written', async () => {
  const old = await ownPostgres('', tooOld);
  try {
    const url = await freshDatabase(old);
    await expect(openReplica(url, sealingKeyFile())).rejects.toMatchObject({
      code: 'DKV_STORE_OPEN_FAILED',
      message: expect.stringMatching(/^This is Postgres 12\.\d+, and .* needs version 13 or newer/),
    });
    const tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`;
    expect((await asked(url, tables)).rows).toEqual([]);
  } finally {
    await old.close();
  }
});
