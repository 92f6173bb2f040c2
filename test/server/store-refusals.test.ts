// A start that is refused after an unclean end: the database and its log stay byte for byte, and
// the right start finds everything afterwards. Other refusals are in `store-open.test.ts`.
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { startErrors } from '../../server/errors.ts';
import { sealingKeyFileText } from '../../server/sealing/key-file.ts';
import { openStore, type StoreOptions } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { silentLog } from './support/captured-log.ts';
import { put, valueAt } from './support/store-calls.ts';
import { bytesOf, copyOf, killedAfter, killedAmid } from './support/store-files.ts';
import { tempFolder } from './support/temp-folder.ts';

const VALUE = Buffer.from('v');
const STORE_ID = randomUUID();
const TOO_NEW = 'UPDATE store SET schema_version = 9, oldest_reader_version = 8';

const open = (options: StoreOptions): Promise<Store> =>
  openStore(options, silentLog, new AbortController().signal);

/** The files of a store that was killed: `in the log` is in nothing but the log. */
async function killedStore(): Promise<string> {
  const location = join(tempFolder(), 'dumbkv.db');
  const store = await open({ location, storeId: STORE_ID });
  await put(store, 0, 'in the log', VALUE);
  const copy = copyOf(location);
  await store.close();
  return copy;
}

/** Checks that a start is refused and leaves all bytes as they are. */
async function expectRefusal(
  options: StoreOptions,
  code: keyof typeof startErrors,
  message: RegExp,
): Promise<void> {
  const before = bytesOf(options.location);
  const wanted = { code, message: expect.stringMatching(message) };
  await expect(open(options)).rejects.toMatchObject(wanted);
  expect(bytesOf(options.location)).toEqual(before);
}

async function expectWhole(location: string): Promise<void> {
  const store = await open({ location });
  expect(await valueAt(store, 0, 'in the log')).toEqual(VALUE);
  await store.close();
}

test('the files of a killed store are opened with what only the log holds', async () => {
  const location = await killedStore();
  const withoutLog = copyOf(location);
  rmSync(`${withoutLog}-wal`);
  const store = await open({ location: withoutLog });
  expect(await valueAt(store, 0, 'in the log')).toBeUndefined();
  await store.close();
  await expectWhole(location);
});

test('the wrong STORE_ID leaves database and log as they are', async () => {
  const location = await killedStore();
  await expectRefusal({ location, storeId: randomUUID() }, 'DKV_STORE_MISMATCH', /right volume/);
  await expectWhole(location);
});

test('the wrong key leaves database and log as they are', async () => {
  const location = await killedStore();
  const sealingKeyFile = join(tempFolder(), 'key');
  writeFileSync(sealingKeyFile, sealingKeyFileText(Buffer.alloc(32, 9)));
  await expectRefusal({ location, sealingKeyFile }, 'DKV_SEALING_KEY_WRONG', /Nothing was written/);
  await expectWhole(location);
});

test('a key file that is gone leaves database and log as they are', async () => {
  const location = await killedStore();
  const sealingKeyFile = join(tempFolder(), 'key');
  await expectRefusal({ location, sealingKeyFile }, 'DKV_SEALING_KEY_MISSING', /is not there/);
  await expectWhole(location);
});

test('what only the log says is seen: a newer release wrote last', async () => {
  const location = killedAfter(await killedStore(), TOO_NEW);
  await expectRefusal({ location }, 'DKV_STORE_TOO_NEW', /schema 8; this one knows 2/);
});

test('a store that is too new is refused with the right STORE_ID too', async () => {
  const location = killedAfter(await killedStore(), TOO_NEW);
  await expectRefusal({ location, storeId: STORE_ID }, 'DKV_STORE_TOO_NEW', /newer release/);
});

test('a database of somebody else, with an unfinished log, is left alone', async () => {
  const theirs = join(tempFolder(), 'other.db');
  new Database(theirs).exec('CREATE TABLE kv (key TEXT)').close();
  const location = killedAfter(theirs, "INSERT INTO kv VALUES ('k')");
  await expectRefusal({ location }, 'DKV_STORE_FOREIGN', /left untouched/);
});

test('a refusal can be repeated', async () => {
  const location = await killedStore();
  for (let i = 0; i < 3; i += 1) {
    await expectRefusal({ location, storeId: randomUUID() }, 'DKV_STORE_MISMATCH', /volume/);
  }
  await expectWhole(location);
});

test('a write that was left half done in a rollback journal is undone, nothing else', async () => {
  const whole = await killedStore();
  await expectWhole(whole);
  const half = "UPDATE entries SET name = zeroblob(9000), value = x'00'";
  const location = killedAmid(whole, `${half}; ${half}; DELETE FROM entries`);
  expect(bytesOf(location)['-journal']).not.toBe('');
  expect(bytesOf(location)['']).not.toEqual(bytesOf(whole)['']);
  await expect(open({ location, storeId: randomUUID() })).rejects.toMatchObject({
    code: 'DKV_STORE_MISMATCH',
  });
  await expectWhole(location);
});
