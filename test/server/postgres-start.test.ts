// How a start on Postgres goes on, or ends: what is checked before anything is written, and several
// starts at once. What becomes of servers that run is in `postgres-raised.test.ts`.
import pg from 'pg';
import { expect } from 'vitest';
import { StartError } from '../../server/errors.ts';
import type { PostgresOptions } from '../../server/store/postgres/open.ts';
import type { Store } from '../../server/store/store.ts';
import { capturedLog } from './support/captured-log.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const STORE_ID = '0190f1f2-7c1e-7d5b-9b1a-0123456789ab';
const OTHER_ID = '0190f1f2-7c1e-7d5b-9b1a-ba9876543210';
const value = Buffer.from('value');

async function refusalOf(start: Promise<unknown>): Promise<StartError> {
  const error = await start.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StartError);
  return error as StartError;
}

/** All rows of all tables, and the tables there are. */
async function contentOf(url: string): Promise<unknown> {
  const tables = `SELECT table_name AS name FROM information_schema.columns
    WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`;
  const names = (await asked(url, tables)).rows.map(({ name }) => String(name));
  const rows = [...new Set(names)].map((name) => asked(url, `SELECT * FROM "${name}" ORDER BY 1`));
  return [names, (await Promise.all(rows)).map((one) => one.rows)];
}

/** A store with one entry, closed. */
async function madeStore(options: Partial<PostgresOptions> = {}) {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const store = await openReplica(url, keyFile, options);
  await put(store, 0, 'k', value);
  await store.close();
  return { url, keyFile };
}

testWithPostgres('a new store takes the id that is asked for, and makes its own else', async () => {
  const keyFile = sealingKeyFile();
  const named = await openReplica(await freshDatabase(server), keyFile, { storeId: STORE_ID });
  expect(named.info()).toMatchObject({ engine: 'postgres', storeId: STORE_ID, schemaVersion: 2 });
  const unnamed = await openReplica(await freshDatabase(server), keyFile);
  expect(unnamed.info().storeId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

testWithPostgres('of many first starts at once one makes the store, and all serve it', async () => {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const stores = await Promise.all(
    Array.from({ length: 4 }, () => openReplica(url, keyFile, { storeId: STORE_ID })),
  );
  const infos = stores.map((store) => store.info());
  expect(new Set(infos.map(({ incarnation }) => incarnation)).size).toBe(1);
  await put(stores[0] as Store, 0, 'k', value);
  for (const store of stores) expect(await valueAt(store, 0, 'k')).toEqual(value);
  const { rows } = await asked(
    url,
    `SELECT count(*)::int AS n FROM sealing_keys
    WHERE purpose = 'lookup'`,
  );
  expect(rows).toEqual([{ n: 1 }]);
});

const STEPS = [
  { to: 3, oldestReaderVersion: 2, sql: 'ALTER TABLE store ADD COLUMN third integer DEFAULT 3' },
  { to: 4, oldestReaderVersion: 4, sql: 'ALTER TABLE store ADD COLUMN fourth integer DEFAULT 4' },
];

testWithPostgres(
  'of many starts that would raise the schema one does, each step once',
  async () => {
    const { url, keyFile } = await madeStore();
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openReplica(url, keyFile, { migrations: STEPS })),
    );
    for (const store of stores) {
      expect(store.info().schemaVersion).toBe(4);
      expect(await valueAt(store, 0, 'k')).toEqual(value);
    }
    const { rows } = await asked(url, 'SELECT schema_version, third, fourth FROM store');
    expect(rows).toEqual([{ schema_version: 4, third: 3, fourth: 4 }]);
  },
);

/** Writes as an older release does: it looks at the row of the store, and then at entries. */
async function writeBeside(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN; SELECT 1 FROM store FOR NO KEY UPDATE');
  const sql = `INSERT INTO entries SELECT 0, sha256('x'), data_key_id, 2, NULL, NULL, name, value
    FROM entries`;
  return async () => {
    await client.query(sql);
    await client.query('UPDATE store SET revision = 2; COMMIT');
    await client.end();
  };
}

testWithPostgres('a step sees what was written while its start waited for it', async () => {
  const { url, keyFile } = await madeStore();
  const write = await writeBeside(url);
  const sql = `CREATE TABLE seen AS SELECT count(*)::int AS n FROM entries;
    ALTER TABLE entries ADD COLUMN third integer`;
  const start = openReplica(url, keyFile, {
    migrations: [{ to: 3, oldestReaderVersion: 3, sql }],
  });
  const waiting = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await waitFor('the start to wait', async () => (await asked(url, waiting)).rows.length > 0);
  await write();
  await start;
  expect((await asked(url, 'SELECT n FROM seen')).rows).toEqual([{ n: 2 }]);
});

testWithPostgres('a step that fails leaves the schema as it was', async () => {
  const { url, keyFile } = await madeStore();
  const before = await contentOf(url);
  const bad = [...STEPS, { to: 5, oldestReaderVersion: 5, sql: 'SELECT 1/0' }];
  await expect(openReplica(url, keyFile, { migrations: bad })).rejects.toThrow(/zero/);
  expect(await contentOf(url)).toEqual(before);
});

testWithPostgres('a store that a newer release has changed is left alone', async () => {
  const { url, keyFile } = await madeStore({ migrations: STEPS });
  const raised = await openReplica(url, keyFile, { migrations: STEPS });
  await raised.close();
  const before = await contentOf(url);
  const refusal = await refusalOf(openReplica(url, keyFile));
  expect(refusal).toMatchObject({ code: 'DKV_STORE_TOO_NEW' });
  expect(await contentOf(url)).toEqual(before);
});

testWithPostgres('another STORE_ID ends the start, and nothing is written', async () => {
  const { url, keyFile } = await madeStore({ storeId: STORE_ID });
  const before = await contentOf(url);
  const refusal = await refusalOf(openReplica(url, keyFile, { storeId: OTHER_ID }));
  expect(refusal).toMatchObject({ code: 'DKV_STORE_MISMATCH' });
  expect(refusal.message).toContain(STORE_ID);
  expect(await contentOf(url)).toEqual(before);
});

testWithPostgres('a wrong key file ends the start, and nothing is written', async () => {
  const { url } = await madeStore();
  const before = await contentOf(url);
  const refusal = await refusalOf(openReplica(url, sealingKeyFile(), { migrations: STEPS }));
  expect(refusal).toMatchObject({ code: 'DKV_SEALING_KEY_WRONG' });
  expect(await contentOf(url)).toEqual(before);
});

testWithPostgres('without its key file a start makes no other key, and no store', async () => {
  const url = await freshDatabase(server);
  const refusal = await refusalOf(openReplica(url, '/nowhere/sealing-key'));
  expect(refusal).toMatchObject({ code: 'DKV_SEALING_KEY_MISSING' });
  expect(await contentOf(url)).toEqual([[], []]);
});

testWithPostgres.each([
  ['a table of its own named store', 'CREATE TABLE store (id int, name text)'],
  ['a table of its own named entries', 'CREATE TABLE entries (id int)'],
])('another program with %s keeps it', async (_, sql) => {
  const url = await freshDatabase(server);
  await asked(url, sql);
  const before = await contentOf(url);
  const refusal = await refusalOf(openReplica(url, sealingKeyFile()));
  expect(refusal).toMatchObject({ code: 'DKV_STORE_FOREIGN' });
  expect(await contentOf(url)).toEqual(before);
});

testWithPostgres('a refused password ends the start at once, and is in no log', async () => {
  const url = new URL(await freshDatabase(server));
  url.password = 'not-the-password';
  const { log, text } = capturedLog();
  const refusal = await refusalOf(openReplica(url.href, sealingKeyFile(), { log }));
  expect(refusal).toMatchObject({ code: 'DKV_STORE_OPEN_FAILED' });
  expect(`${refusal.stack}${text()}`).not.toContain('not-the-password');
});

testWithPostgres('a user who may not make tables is told what is missing', async () => {
  const url = await freshDatabase(server);
  const role = `guest_${new URL(url).pathname.slice(-12)}`;
  await asked(
    url,
    `CREATE ROLE ${role} LOGIN PASSWORD 'guest'; REVOKE ALL ON SCHEMA public
    FROM PUBLIC; GRANT USAGE ON SCHEMA public TO ${role}`,
  );
  const guest = Object.assign(new URL(url), { username: role, password: 'guest' }).href;
  const refusal = await refusalOf(openReplica(guest, sealingKeyFile()));
  expect(refusal).toMatchObject({ code: 'DKV_STORE_OPEN_FAILED' });
  expect(refusal.message).toContain('May this user connect, and make tables');
  await asked(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

testWithPostgres('stores in two schemas of one database know nothing of each other', async () => {
  const url = await freshDatabase(server);
  await asked(url, 'CREATE SCHEMA one; CREATE SCHEMA two');
  const inSchema = (name: string) =>
    openReplica(`${url}?options=-csearch_path%3D${name}`, sealingKeyFile());
  const [one, two] = await Promise.all([inSchema('one'), inSchema('two')]);
  await put(one, 0, 'k', value);
  expect(await valueAt(one, 0, 'k')).toEqual(value);
  expect(await valueAt(two, 0, 'k')).toBeUndefined();
});

testWithPostgres('a default that is not durable is set right on each connection', async () => {
  const url = await freshDatabase(server);
  const name = new URL(url).pathname.slice(1);
  await asked(
    url,
    `ALTER DATABASE ${name} SET synchronous_commit = off;
    ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable';
    ALTER DATABASE ${name} SET statement_timeout = '1s'`,
  );
  const store = await openReplica(url, sealingKeyFile());
  await asked(
    url,
    `CREATE TABLE said (at text);
    CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO said SELECT current_setting('synchronous_commit')
        || ' ' || current_setting('transaction_isolation'); RETURN NULL; END $$;
    CREATE TRIGGER say AFTER UPDATE ON store EXECUTE FUNCTION say()`,
  );
  await put(store, 0, 'k', value);
  const { rows } = await asked(url, 'SELECT at FROM said');
  expect(rows).toEqual([{ at: 'on read committed' }]);
});
