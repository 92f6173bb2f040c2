// Data keys after a crash of Postgres, which may give an id again that it gave without a commit, or
// after a standby took its place that was behind: nobody seals with a key that others cannot find.
import { afterAll, beforeAll, expect } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import {
  asked,
  freshDatabase,
  hasOwnPostgres,
  ownPostgres,
  type PostgresServer,
  testWithOwnPostgres,
} from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

let server: PostgresServer;

beforeAll(async () => {
  // so that what is not committed is surely not on disk
  if (hasOwnPostgres) server = await ownPostgres('wal_writer_delay = 10000ms');
});

afterAll(() => server?.close());

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
/** What little comes then fills no page of the log, which would be written by itself. */
async function startOfLog(url: string): Promise<void> {
  await asked(url, 'SELECT pg_switch_wal()');
  await asked(url, 'CHECKPOINT');
}

const nextId = 'SELECT last_value::int AS id FROM sealing_keys_id_seq';

const healthy = (store: Store) =>
  waitFor('the store to work again', () =>
    store.ping().then(
      () => true,
      () => false,
    ),
  );

async function twoReplicas() {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const replica = () => openReplica(url, keyFile);
  return { url, replica, stores: [await replica(), await replica()] as const };
}

/** Has the server forget what it has not committed; whether that is so of the id it gave last. */
async function crash(url: string, stores: readonly Store[]): Promise<boolean> {
  const { rows: before } = await asked(url, nextId);
  await server.kill();
  await server.start();
  for (const store of stores) await healthy(store);
  const { rows: after } = await asked(url, nextId);
  return Number(after[0]?.id) < Number(before[0]?.id);
}

/** Each writes, and whoever opens the store then reads both. */
async function expectBothKept([a, b]: readonly [Store, Store], replica: () => Promise<Store>) {
  await put(b, 0, 'of b', bytes('b'));
  await put(a, 0, 'of a', bytes('a'));
  for (const store of [a, b, await replica()]) {
    expect(await valueAt(store, 0, 'of a')).toEqual(bytes('a'));
    expect(await valueAt(store, 0, 'of b')).toEqual(bytes('b'));
  }
}

testWithOwnPostgres('an id that was given before a crash is not used after it', async () => {
  const { url, replica, stores } = await twoReplicas();
  await startOfLog(url);
  // it writes nothing, but asks for an id on the way
  await stores[0].write([{ op: 'check', database: 0, key: 'k' }]);
  expect(await crash(url, stores)).toBe(true);
  await expectBothKept(stores, replica);
});

testWithOwnPostgres('nor is a key that was not kept before the crash', async () => {
  const { url, replica, stores } = await twoReplicas();
  await asked(url, 'ALTER TABLE entries ADD CONSTRAINT none CHECK (database > 0)');
  await startOfLog(url);
  const refused = { code: 'DKV_STORE_UNAVAILABLE' };
  await expect(put(stores[0], 0, 'k', bytes('v'))).rejects.toMatchObject(refused);
  expect(await crash(url, stores)).toBe(true);
  await asked(url, 'ALTER TABLE entries DROP CONSTRAINT none');
  await expectBothKept(stores, replica);
});

testWithOwnPostgres('an id of another key is never taken for the own one', async () => {
  const { url, replica, stores } = await twoReplicas();
  await stores[0].write([{ op: 'check', database: 0, key: 'k' }]);
  await asked(url, `SELECT setval('sealing_keys_id_seq', last_value - 1) FROM sealing_keys_id_seq`);
  await put(stores[1], 0, 'of b', bytes('b'));
  const refused = { code: 'DKV_STORE_UNAVAILABLE' };
  await expect(put(stores[0], 0, 'of a', bytes('a'))).rejects.toMatchObject(refused);
  await expectBothKept(stores, replica);
});

testWithOwnPostgres('a key that a failover has lost seals no more', async () => {
  const { url, replica, stores } = await twoReplicas();
  await put(stores[0], 0, 'lost', bytes('v'));
  // what a standby that was behind has not got
  await asked(url, `DELETE FROM entries; DELETE FROM sealing_keys WHERE purpose = 'data'`);
  await asked(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'dumbkv'`,
  );
  for (const store of stores) await healthy(store);
  await expectBothKept(stores, replica);
});

testWithOwnPostgres('an id that a failover gives again stands for the new key', async () => {
  const { url, replica, stores } = await twoReplicas();
  const [a, b] = stores;
  await put(a, 0, 'lost', bytes('v'));
  expect(await valueAt(b, 0, 'lost')).toEqual(bytes('v'));
  await asked(
    url,
    `SELECT setval('sealing_keys_id_seq', (SELECT max(id) FROM sealing_keys), false);
     DELETE FROM entries; DELETE FROM sealing_keys WHERE purpose = 'data';
     SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dumbkv'`,
  );
  for (const store of stores) await healthy(store);
  await put(a, 0, 'of a', bytes('a'));
  expect(await valueAt(b, 0, 'of a')).toEqual(bytes('a'));
  await expectBothKept([a, b], replica);
});
