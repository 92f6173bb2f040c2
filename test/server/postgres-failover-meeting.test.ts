// Who meets a new primary: connections that do so at the same time wait for no standby of it, from
// the next health check on none to the old one is used any more, and a start waits for those who
// know what was there. What a failover loses is in `postgres-failover.test.ts`.
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import { setUpSame } from '../../server/store/postgres/same-store.ts';
import { openSession } from '../../server/store/postgres/session.ts';
import { capturedLog } from './support/captured-log.ts';
import { server } from './support/own-postgres.ts';
import { asked, freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { copyOf, promoteInPlace } from './support/postgres-copies.ts';
import { expectedThere, openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { waitFor } from './support/wait-for.ts';

/** Commits wait for a standby, and there is none here. */
const SYNCHRONOUS = `synchronous_standby_names = '*'`;
const goOnAlone = () => server.configure(`synchronous_standby_names = ''`);

const timelinesIn = async (url: string): Promise<number> =>
  (await asked(url, 'SELECT jsonb_array_length(timelines) AS count FROM store')).rows[0].count;

const waitingForLocks = async (url: string): Promise<number> => {
  const sql = `SELECT FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  return (await asked(url, sql)).rows.length;
};

testWithOwnPostgres('of those who would note it together none waits for a standby', async () => {
  const url = await freshDatabase(server);
  const store = await openReplica(url, sealingKeyFile());
  const replicas = [
    await expectedThere(url, store.info()),
    await expectedThere(url, store.info()),
    await expectedThere(url, store.info()),
  ];
  await promoteInPlace(server, await copyOf(server), SYNCHRONOUS);
  onTestFinished(goOnAlone);
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('BEGIN; SELECT FROM store FOR UPDATE');
  const met = replicas.map(async (expected) => {
    const client = await openSession(url, { timeoutMs: 5_000 }, (opened) =>
      setUpSame(opened, expected),
    );
    await client.end();
  });
  await waitFor('all to wait for the lock', async () => {
    return (await waitingForLocks(url)) === replicas.length;
  });
  await holder.query('ROLLBACK');
  await holder.end();
  await Promise.all(met);
  expect(await timelinesIn(url)).toBe(2);
});

testWithOwnPostgres('what another connection met meanwhile is not forgotten', async () => {
  const url = await freshDatabase(server);
  const store = await openReplica(url, sealingKeyFile());
  const expected = await expectedThere(url, store.info());
  await store.close();
  const { memory } = expected;
  const { timeline } = memory.seen;
  const open = () =>
    openSession(url, { timeoutMs: 5_000 }, (opened) => setUpSame(opened, expected));
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE store');
  const refused = expect(open()).rejects.toThrow('has met another Postgres at the same time');
  await waitFor('it to ask for the store', async () => (await waitingForLocks(url)) === 1);
  const other = { ...timeline, mark: 'of another standby' };
  memory.follow(other);
  await holder.end();
  await refused;
  expect(memory.seen.timeline).toEqual(other);
  await expect(open()).rejects.toThrow('of which it does not know');
});

testWithOwnPostgres(
  'who starts right after it waits for those who have known the store',
  async () => {
    const url = await freshDatabase(server);
    const keyFile = sealingKeyFile();
    const told: Error[] = [];
    const replaced = (error: Error) => told.push(error);
    const running = await openReplica(url, keyFile, { replaced });
    await promoteInPlace(server, await copyOf(server), SYNCHRONOUS);
    onTestFinished(goOnAlone);
    const { log, lines } = capturedLog();
    const starting = openReplica(url, keyFile, { log, settleMs: 60_000 });
    await waitFor('it to wait', () =>
      lines().some(({ reason }) => /may know it/.test(String(reason))),
    );
    await waitFor('the other to meet it', () => running.state().then(Boolean, () => false));
    expect((await starting).info()).toEqual(running.info());
    await running.ping();
    expect(told).toEqual([]);
  },
);

testWithOwnPostgres('where none of those comes, it begins a new incarnation', async () => {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const before = await openReplica(url, keyFile);
  await before.close();
  await promoteInPlace(server, await copyOf(server), SYNCHRONOUS);
  onTestFinished(goOnAlone);
  const next = await openReplica(url, keyFile, { settleMs: 1 });
  expect(next.info().incarnation).not.toBe(before.info().incarnation);
});

const connectionsTo = async (url: string): Promise<number[]> => {
  const sql = `SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'dumbkv'`;
  return (await asked(url, sql)).rows.map(({ pid }) => pid);
};

testWithOwnPostgres('who meets the next timeline uses no connection of before', async () => {
  const url = await freshDatabase(server);
  const store = await openReplica(url, sealingKeyFile());
  await Promise.all([store.ping(), store.state(), store.state()]);
  const before = await connectionsTo(url);
  // as if another one had been promoted, while this one still answers who is connected
  await asked(
    url,
    `ALTER FUNCTION pg_catalog.pg_walfile_name(pg_lsn) RENAME TO pg_walfile_name_before;
     CREATE FUNCTION pg_catalog.pg_walfile_name(pg_lsn) RETURNS text LANGUAGE sql AS
     $$ SELECT '000000FF' || substr(pg_walfile_name_before($1), 9) $$`,
  );
  server.configure(SYNCHRONOUS);
  onTestFinished(goOnAlone);
  await waitFor('the settings to be read', async () => {
    const { rows } = await asked(url, 'SHOW synchronous_standby_names');
    return rows[0].synchronous_standby_names === '*';
  });
  await waitFor('the next timeline to be noted', async () => {
    // more than there are connections
    await Promise.all(Array.from({ length: 8 }, () => store.state()));
    return (await timelinesIn(url)) === 2;
  });
  await store.ping();
  await waitFor('the old connections to end', async () => {
    const left = await connectionsTo(url);
    return !before.some((pid) => left.includes(pid));
  });
});
