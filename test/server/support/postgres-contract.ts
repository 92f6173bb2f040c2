// A store on Postgres as the contract wants it: opened in a database of its own, and looked at when
// the test is over, whether what the row of the store counts is what is there.
// Used by `store-postgres.test.ts` and `postgres-versions.test.ts`.
import { expect } from 'vitest';
import { asked, freshDatabase, type PostgresServer } from './postgres.ts';
import { openReplica, sealingKeyFile } from './postgres-store.ts';
import type { OpenForTest } from './store-under-test.ts';

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

/** Opens stores for the contract on the server that there is once tests run. */
export const openerOn =
  (server: () => PostgresServer): OpenForTest =>
  async () => {
    const url = await freshDatabase(server());
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
