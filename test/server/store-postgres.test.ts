// Postgres under the store contract, with a look at its tables after each test.
// The contract is in `store-contract.ts`.
import { expect } from 'vitest';
import { storeContract } from './store-contract.ts';
import { asked, freshDatabase, hasPostgres, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';

/** What the row of the store counts, and what is there. */
const COUNTS = `
  SELECT key_count::int, stored_bytes::int, removal_count::int,
    (SELECT count(*)::int FROM entries WHERE removed_at IS NULL) AS keys,
    (SELECT count(*)::int FROM entries WHERE removed_at IS NOT NULL) AS removals,
    (SELECT coalesce(sum(octet_length(name) + octet_length(value)), 0)::int
     FROM entries WHERE removed_at IS NULL) AS bytes,
    (SELECT count(*)::int FROM entries WHERE entries.revision > store.revision) AS ahead,
    (SELECT count(*) - count(DISTINCT entries.revision) FROM entries)::int AS twice
  FROM store`;

async function expectWhole(url: string): Promise<void> {
  const [row] = (await asked(url, COUNTS)).rows;
  expect(row).toMatchObject({ ahead: 0, twice: 0 });
  expect([row.key_count, row.removal_count, row.stored_bytes]).toEqual([
    row.keys,
    row.removals,
    row.bytes,
  ]);
}

const open = async () => {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  let store = await openReplica(url, keyFile);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openReplica(url, keyFile);
      return store;
    },
    checkAndClose: async () => {
      await store.close();
      await expectWhole(url);
    },
  };
};

if (hasPostgres) storeContract('Postgres', open);
else testWithPostgres('Postgres keeps the store contract', async () => {});
