// What is damaged in Postgres is told as damage: never as absence, and never served as a value.
import { expect } from 'vitest';
import { capturedLog } from './support/captured-log.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, valueAt } from './support/store-calls.ts';

const value = Buffer.from('value');

/** A store with one entry, closed. */
async function madeStore() {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const store = await openReplica(url, keyFile);
  await put(store, 0, 'k', value);
  await store.close();
  return { url, keyFile };
}

testWithPostgres('a store whose lookup key is gone is damaged', async () => {
  const { url, keyFile } = await madeStore();
  await asked(url, `DELETE FROM sealing_keys WHERE purpose = 'lookup'`);
  await expect(openReplica(url, keyFile)).rejects.toMatchObject({ code: 'DKV_STORE_CORRUPT' });
});

testWithPostgres('a store without its row of identity is damaged', async () => {
  const { url, keyFile } = await madeStore();
  await asked(url, 'DELETE FROM store');
  await expect(openReplica(url, keyFile)).rejects.toMatchObject({ code: 'DKV_STORE_CORRUPT' });
});

testWithPostgres('a store whose id is none is damaged', async () => {
  const { url, keyFile } = await madeStore();
  // the id is part of a command to the database
  await asked(url, `UPDATE store SET store_id = store_id || '; DROP TABLE store'`);
  await expect(openReplica(url, keyFile)).rejects.toMatchObject({ code: 'DKV_STORE_CORRUPT' });
});

testWithPostgres('a damaged data key is logged, and costs what it sealed alone', async () => {
  const { url, keyFile } = await madeStore();
  await asked(url, `UPDATE sealing_keys SET wrapped = '\\x01' WHERE purpose = 'data'`);
  const { log, lines } = capturedLog();
  const store = await openReplica(url, keyFile, { log });
  expect(lines().find(({ dataKeyIds }) => dataKeyIds)).toMatchObject({ level: 50 });
  await expect(store.get(0, 'k')).rejects.toMatchObject({ code: 'DKV_ENTRY_UNREADABLE' });
  await put(store, 0, 'k', value);
  expect(await valueAt(store, 0, 'k')).toEqual(value);
});

testWithPostgres('a changed byte is told as damage, never served as a value', async () => {
  const { url, keyFile } = await madeStore();
  const store = await openReplica(url, keyFile);
  await store.write([{ op: 'add', database: 0, key: 'n', delta: 1n }]);
  await asked(url, 'UPDATE entries SET value = set_byte(value, 20, get_byte(value, 20) # 1)');
  await expect(store.get(0, 'k')).rejects.toMatchObject({ code: 'DKV_ENTRY_UNREADABLE' });
  const page = await store.scan({ database: 0, limit: 10, withValues: true });
  expect(page).toMatchObject({ entries: [], unreadable: 2 });
  const others = put(store, 0, 'other', value);
  const added = store.write([{ op: 'add', database: 0, key: 'n', delta: 1n }]);
  await expect(added).rejects.toMatchObject({ code: 'DKV_ENTRY_UNREADABLE' });
  expect(await others).toEqual({ stored: true, revision: 3 });
});
