// Each way in which a connection to Postgres breaks leaves there what it is to leave.
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import { asked, freshDatabase, testWithPostgres } from '../server/support/postgres.ts';
import { server } from '../server/support/shared-postgres.ts';
import { waitFor } from '../server/support/wait-for.ts';
import { Chance } from './chance.ts';
import { type Break, DatabaseWay } from './database-way.ts';

/** A table, a way to it, and a client that goes that way and has begun a transaction. */
async function begun() {
  const url = await freshDatabase(server);
  await asked(url, 'CREATE TABLE written (at int)');
  const way = await DatabaseWay.open(url, new Chance(1));
  onTestFinished(() => way.close());
  const connect = async () => {
    const client = new pg.Client({ connectionString: way.url, query_timeout: 1_000 });
    onTestFinished(() => client.end().catch(() => {}));
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const client = await connect();
  await client.query('BEGIN');
  await client.query('INSERT INTO written VALUES (1)');
  return { url, way, client, connect };
}

const commit = (client: pg.Client) => client.query({ name: 'commit', text: 'COMMIT' });

const writtenIn = async (url: string): Promise<number> =>
  (await asked(url, 'SELECT count(*)::int AS n FROM written')).rows[0].n;

const sessionsIn = async (url: string): Promise<number> => {
  const sql = `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  return (await asked(url, sql)).rows[0].n;
};

const TERMINATED = 'Connection terminated unexpectedly';

testWithPostgres('a good way changes nothing', async () => {
  const { url, client } = await begun();
  await commit(client);
  expect(await writtenIn(url)).toBe(1);
});

testWithPostgres('what is cut within a message is not made', async () => {
  const { url, way, client } = await begun();
  way.breakSo('within a message');
  await expect(client.query('INSERT INTO written VALUES (2)')).rejects.toThrow(TERMINATED);
  await waitFor('Postgres to notice', async () => (await sessionsIn(url)) === 0);
  expect([await writtenIn(url), way.broken]).toEqual([0, 1]);
});

testWithPostgres('a commit whose answer is lost is made', async () => {
  const { url, way, client } = await begun();
  way.breakSo('before the answer to a commit');
  expect((await client.query('SELECT 1')).rows).toHaveLength(1);
  await expect(commit(client)).rejects.toThrow(TERMINATED);
  expect([await writtenIn(url), way.broken]).toEqual([1, 1]);
});

testWithPostgres('one that is cut at a commit is made or not', async () => {
  const { url, way, client } = await begun();
  way.breakSo('at a commit');
  expect((await client.query('SELECT 1')).rows).toHaveLength(1);
  await commit(client).catch(() => {});
  await waitFor('the connection to break', () => way.broken === 1);
  await waitFor('Postgres to notice', async () => (await sessionsIn(url)) === 0);
  expect([0, 1]).toContain(await writtenIn(url));
});

testWithPostgres('silence is no end', async () => {
  const { url, way, client } = await begun();
  way.breakSo('silence');
  await expect(commit(client)).rejects.toThrow('timeout');
  expect([await sessionsIn(url), await writtenIn(url), way.broken]).toEqual([1, 0, 0]);
});

testWithPostgres('what connects later has a good way', async () => {
  const { way, connect } = await begun();
  const all: Break[] = ['within a message', 'at a commit', 'silence'];
  for (const how of all) way.breakSo(how);
  const { rows } = await (await connect()).query('SELECT 1 AS one');
  expect(rows).toEqual([{ one: 1 }]);
});
