// A location of Postgres that changes while reads run or wait for a connection, and while somebody
// follows the changes: none of them fails, and nothing stays behind.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import type { ReplyError } from '../../server/errors.ts';
import { databaseUrlOf } from '../../server/store/postgres/location.ts';
import { Pool } from '../../server/store/postgres/pool.ts';
import { statement } from '../../server/store/postgres/statements.ts';
import { silentLog } from './support/captured-log.ts';
import { server } from './support/own-postgres.ts';
import { asked, freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { roleFor, usersOf } from './support/postgres-roles.ts';
import { expectedThere, openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

/** Two users of one store, and a pool of one connection that reads as the first of them. */
async function narrowPool() {
  const home = await freshDatabase(server);
  const info = (await openReplica(home, sealingKeyFile())).info();
  const name = new URL(home).pathname.slice(-12);
  const [first, second] = await Promise.all(
    [`first_${name}`, `second_${name}`].map((role) => roleFor(home, role, 'pass')),
  );
  const expected = await expectedThere(home, info);
  const parts = { expected, max: 1, idle: 1, log: silentLog };
  const pool = new Pool(databaseUrlOf(first ?? ''), parts);
  onTestFinished(() => pool.close());
  return { home, pool, next: databaseUrlOf(second ?? ''), first: `first_${name}` };
}

const WHO = statement<{ who: string }>('who', 'SELECT current_user AS who');
const BLOCKED = statement<{ who: string }>(
  'blocked',
  'SELECT current_user AS who FROM store WHERE pg_advisory_lock_shared(7) IS NOT NULL',
);

/** Holds what the blocked statement waits for. */
async function heldLock(home: string) {
  const client = new pg.Client({ connectionString: home });
  await client.connect();
  await client.query('SELECT pg_advisory_lock(7)');
  return () => client.end();
}

const blockedReads = (home: string) =>
  waitFor('the read to be held up', async () => {
    const sql = `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return (await asked(home, sql)).rows[0]?.pid;
  });

testWithOwnPostgres(
  'at a change of the location what runs or waits ends where it is, and the rest goes on',
  async () => {
    const { home, pool, next, first } = await narrowPool();
    const release = await heldLock(home);
    const running = pool.read(BLOCKED);
    const waiting = pool.read(WHO);
    await blockedReads(home);
    await pool.renew(next);
    // the new one is of use while the old one is not
    expect(await pool.read(WHO)).not.toEqual([{ who: first }]);
    await release();
    expect(await Promise.all([running, waiting])).toEqual([[{ who: first }], [{ who: first }]]);
    await waitFor('the first user to be gone', async () => !(await usersOf(home)).includes(first));
  },
);

testWithOwnPostgres(
  'who waits for a connection that cannot come any more is moved on',
  async () => {
    const { home, pool, next, first } = await narrowPool();
    const release = await heldLock(home);
    const running = pool.read(BLOCKED).catch((error: ReplyError) => error.code);
    const waiting = pool.read(WHO);
    const pid = await blockedReads(home);
    await pool.renew(next);
    await asked(home, `ALTER ROLE ${first} NOLOGIN; SELECT pg_terminate_backend(${pid})`);
    expect(await running).toBe('DKV_STORE_UNAVAILABLE');
    expect(await waiting).not.toEqual([{ who: first }]);
    await release();
  },
);

testWithOwnPostgres('who listens for changes moves as well', async () => {
  const home = await freshDatabase(server);
  const name = new URL(home).pathname.slice(-12);
  const [first, second] = [
    await roleFor(home, `first_${name}`, 'pass'),
    await roleFor(home, `second_${name}`, 'pass'),
  ];
  const file = join(tempFolder(), 'url');
  writeFileSync(file, first);
  const store = await openReplica(undefined, sealingKeyFile(), { file });
  const endWatch = store.watch(() => {});
  const listening = async (user: string) => {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
      AND query LIKE 'LISTEN%' AND usename = '${user}'`;
    return (await asked(home, sql)).rows.length > 0;
  };
  await waitFor('the listener', () => listening(`first_${name}`));
  writeFileSync(file, second);
  const users = () => usersOf(home);
  await waitFor(
    'the first user to be gone',
    async () => String(await users()) === `second_${name}`,
  );
  await waitFor('the listener', () => listening(`second_${name}`));
  endWatch();
});
