// PgBouncer between a server and its Postgres: with sessions of its own all works, and what hands
// them on after each transaction is refused before anything is written.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { cachedPrograms } from '../support/postgres-programs.ts';
import { capturedLog } from './support/captured-log.ts';
import { bouncerBefore } from './support/pgbouncer.ts';
import { asked, freshDatabase, hasPostgres, testUnless } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const hasBouncer = hasPostgres && cachedPrograms('pgbouncer') !== undefined;
const testWithPooler = testUnless(
  hasBouncer ? undefined : 'a Postgres and PgBouncer, of test/postgres-programs pgbouncer',
);

const bytes = (text: string): Buffer => Buffer.from(text);
const handsOn = {
  code: 'DKV_STORE_NOT_DURABLE',
  message: expect.stringContaining('set pool_mode = session'),
};

const tablesOf = async (url: string) => {
  const sql = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`;
  return (await asked(url, sql)).rows;
};

testWithPooler('in session mode several servers do all that they do without it', async () => {
  const home = await freshDatabase(server);
  const { url } = await bouncerBefore(home, 'session');
  const keyFile = sealingKeyFile();
  const [a, b] = [await openReplica(url, keyFile), await openReplica(url, keyFile)];
  await put(a, 0, 'k', bytes('v'));
  expect(await valueAt(b, 0, 'k')).toEqual(bytes('v'));
  const adding = Array.from({ length: 100 }, (_, at) =>
    (at % 2 === 0 ? a : b).write([{ op: 'add', database: 0, key: 'n', delta: 1n }]),
  );
  await Promise.all(adding);
  expect(await valueAt(a, 0, 'n')).toEqual(bytes('100'));
  let told = 0;
  const end = b.watch(() => {
    told += 1;
  });
  const listening = async () => {
    const sql = `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'LISTEN %'`;
    return (await asked(home, sql)).rows.length === 1;
  };
  await waitFor('somebody to listen', listening);
  const before = told;
  await put(a, 0, 'k', bytes('again'));
  await waitFor('word of the change', () => told > before);
  end();
  expect(await a.state()).toMatchObject({ revision: 102, keys: 2 });
  for (const store of [a, b]) await store.ping();
});

/** The pooler gives the session that was used last, or the next one in turn. */
testWithPooler.each([
  ['transaction', ''],
  ['transaction', 'server_round_robin = 1'],
  ['transaction', 'server_round_robin = 1\nmin_pool_size = 7'],
  ['statement', ''],
] as const)('mode %s with "%s" is refused, and nothing written', async (mode, settings) => {
  const home = await freshDatabase(server);
  const { url } = await bouncerBefore(home, mode, settings);
  await expect(openReplica(url, sealingKeyFile())).rejects.toMatchObject(handsOn);
  expect(await tablesOf(home)).toEqual([]);
});

testWithPooler('also while others use it', async () => {
  const home = await freshDatabase(server);
  const { url } = await bouncerBefore(home, 'transaction', 'min_pool_size = 10');
  let isOver = false;
  const busy = Array.from({ length: 8 }, async () => {
    while (!isOver) await asked(url, 'SELECT pg_sleep(random() / 1000)').catch(() => {});
  });
  for (let at = 0; at < 20; at += 1) {
    await expect(openReplica(url, sealingKeyFile())).rejects.toMatchObject(handsOn);
  }
  isOver = true;
  await Promise.all(busy);
  expect(await tablesOf(home)).toEqual([]);
});

testWithPooler('a location that changes to it is not gone to', async () => {
  const home = await freshDatabase(server);
  const file = join(tempFolder(), 'url');
  writeFileSync(file, home);
  const { log, lines } = capturedLog();
  const store = await openReplica(undefined, sealingKeyFile(), { file, log });
  const { url } = await bouncerBefore(home, 'transaction');
  writeFileSync(file, url);
  const says = 'DATABASE_LOCATION_FILE cannot be used; the old location stays';
  const line = await waitFor('the refusal', () => lines().find(({ msg }) => msg === says));
  expect(line.reason).toEqual(handsOn.message);
  await put(store, 0, 'k', bytes('v'));
  expect(await valueAt(store, 0, 'k')).toEqual(bytes('v'));
});

testWithPooler('one that changes its mode under a server loses no write', async () => {
  const home = await freshDatabase(server);
  const { url, setMode } = await bouncerBefore(home, 'session');
  const keyFile = sealingKeyFile();
  const store = await openReplica(url, keyFile);
  await put(store, 0, 'k', bytes('v'));
  setMode('transaction');
  await asked(
    home,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'dumbkv'`,
  );
  const other = new pg.Client({ connectionString: url });
  other.on('error', () => {});
  await other.connect();
  const made: string[] = [];
  let refused = 0;
  await waitFor('writes to be made, and refused', async () => {
    const key = `k ${made.length}`;
    const isMade = await put(store, 0, key, bytes('v')).catch(() => undefined);
    if (isMade !== undefined) made.push(key);
    // has the session that was used last, so that the writer gets another one
    await other.query('BEGIN');
    await put(store, 0, 'refused', bytes('v')).catch(({ code }) => {
      expect(code).toBe('DKV_STORE_UNAVAILABLE');
      refused += 1;
    });
    await other.query('ROLLBACK');
    return made.length > 3 && refused > 3;
  });
  await other.end();
  const direct = await openReplica(home, keyFile);
  for (const key of made) expect(await valueAt(direct, 0, key)).toEqual(bytes('v'));
});
