// A Postgres that fails to tell its timeline for once: that is no failover.
// Failovers, and one that never tells it, are in `postgres-failover.test.ts`.
import { expect } from 'vitest';
import type { StartError } from '../../server/errors.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const ASKED = 'pg_catalog.pg_control_system';

/** In this database alone, the timeline cannot be asked for; gives how to end that. */
async function breakTimeline(url: string, sqlState: string): Promise<() => Promise<unknown>> {
  await asked(
    url,
    `ALTER FUNCTION ${ASKED}() RENAME TO pg_control_system_before;
     CREATE FUNCTION ${ASKED}(OUT system_identifier bigint) LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '${sqlState}'; END $$`,
  );
  return () =>
    asked(
      url,
      `DROP FUNCTION ${ASKED}();
       ALTER FUNCTION pg_catalog.pg_control_system_before() RENAME TO pg_control_system`,
    );
}

const endConnections = (url: string) =>
  asked(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'dumbkv' AND datname = current_database()`,
  );

const identityIn = async (url: string) =>
  (await asked(url, 'SELECT incarnation, timelines FROM store')).rows[0];

// out of memory; cancelled by somebody; what reading a file that is just written came to
testWithPostgres.each(['53200', '57014', 'XX000'])(
  'a question for the timeline that fails with %s is asked again',
  async (sqlState) => {
    const url = await freshDatabase(server);
    const told: StartError[] = [];
    const replaced = (error: StartError) => told.push(error);
    const store = await openReplica(url, sealingKeyFile(), { replaced });
    await put(store, 0, 'k', Buffer.from('1'));
    const before = await identityIn(url);
    const mend = await breakTimeline(url, sqlState);
    await endConnections(url);
    const write = () => put(store, 0, 'k', Buffer.from('2'));
    await expect(write()).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
    await mend();
    await waitFor('a write', () => write().catch(() => told.length > 0));
    expect(told).toEqual([]);
    expect(await identityIn(url)).toEqual(before);
  },
);
