// Sealing keys and their files: made once, never made anew, and a wrong one stops the start.
// What is sealed with them is in `store-sealed.test.ts`.
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import {
  parseSealingKeyFile,
  sealingKeyFileText,
  sealingKeyFingerprint,
} from '../../server/sealing/key-file.ts';
import { openStore, type StoreOptions } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { capturedLog, silentLog } from './support/captured-log.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const VALUE = Buffer.from('v');

const open = (options: StoreOptions, log = silentLog): Promise<Store> =>
  openStore(options, log, new AbortController().signal);

const key = (fill: number): string => sealingKeyFileText(Buffer.alloc(32, fill));

interface Files {
  readonly location: string;
  readonly sealingKeyFile: string;
}

/** A store with one entry, sealed with key 1, closed. */
async function makeStore(): Promise<Files> {
  const folder = tempFolder();
  const files = { location: join(folder, 'dumbkv.db'), sealingKeyFile: join(folder, 'key') };
  writeFileSync(files.sealingKeyFile, key(1));
  const store = await open(files);
  await put(store, 0, 'k', VALUE);
  await store.close();
  return files;
}

async function expectRefusal(options: StoreOptions, code: string, message: RegExp): Promise<void> {
  const before = existsSync(options.location) ? readFileSync(options.location) : undefined;
  await expect(open(options)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  if (before !== undefined) expect(readFileSync(options.location).equals(before)).toBe(true);
}

test('without SEALING_KEY_FILE a key is made beside the database, and the log warns', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const { log, lines, text } = capturedLog();
  await (await open({ location }, log)).close();
  const file = readFileSync(`${location}.sealing-key`, 'utf8');
  expect(parseSealingKeyFile(file)).toHaveLength(1);
  expect(statSync(`${location}.sealing-key`).mode & 0o777).toBe(0o600);
  expect(lines().find(({ sealingKeyFile }) => sealingKeyFile)).toMatchObject({ level: 40 });
  expect(text()).not.toContain(file.trim());
});

test('the key beside the database is made once and found again', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const first = await open({ location });
  await put(first, 0, 'k', VALUE);
  await first.close();
  const made = readFileSync(`${location}.sealing-key`, 'utf8');
  const second = await open({ location });
  expect(await valueAt(second, 0, 'k')).toEqual(VALUE);
  await second.close();
  expect(readFileSync(`${location}.sealing-key`, 'utf8')).toBe(made);
});

test('a key that lies there already is used for a new store', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  writeFileSync(`${location}.sealing-key`, key(4));
  await (await open({ location })).close();
  expect(readFileSync(`${location}.sealing-key`, 'utf8')).toBe(key(4));
});

test('two stores get two keys', async () => {
  const [a, b] = [join(tempFolder(), 'a.db'), join(tempFolder(), 'b.db')];
  for (const location of [a, b]) await (await open({ location })).close();
  expect(readFileSync(`${a}.sealing-key`)).not.toEqual(readFileSync(`${b}.sealing-key`));
});

test('a store whose key file is gone is refused, and no new key is made', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  await (await open({ location })).close();
  renameSync(`${location}.sealing-key`, `${location}.elsewhere`);
  await expectRefusal({ location }, 'DKV_SEALING_KEY_MISSING', /Put back the file/);
  expect(existsSync(`${location}.sealing-key`)).toBe(false);
  renameSync(`${location}.elsewhere`, `${location}.sealing-key`);
  await (await open({ location })).close();
});

test('a SEALING_KEY_FILE that is not there is not made, not even for a new store', async () => {
  const folder = tempFolder();
  const options = { location: join(folder, 'dumbkv.db'), sealingKeyFile: join(folder, 'key') };
  await expectRefusal(options, 'DKV_SEALING_KEY_MISSING', /is not there/);
  expect(existsSync(options.sealingKeyFile)).toBe(false);
  writeFileSync(options.sealingKeyFile, key(1));
  await (await open(options)).close();
});

test('another key is refused, naming the one that is wanted, and nothing is written', async () => {
  const files = await makeStore();
  writeFileSync(files.sealingKeyFile, key(2));
  const wanted = sealingKeyFingerprint(Buffer.alloc(32, 1));
  await expectRefusal(files, 'DKV_SEALING_KEY_WRONG', new RegExp(wanted));
  writeFileSync(files.sealingKeyFile, key(1));
  const store = await open(files);
  expect(await valueAt(store, 0, 'k')).toEqual(VALUE);
  await store.close();
});

test.each([
  ['empty', '', /holds no key/],
  ['nonsense', 'nonsense\n', /line 1/],
  ['a key too short', 'AAAA\n', /line 1/],
  ['too long', 'A'.repeat(limits.sealingKeyFileBytesMax + 1), /larger than/],
])('a key file that is %s is refused with what is wrong', async (_, text, message) => {
  const files = await makeStore();
  writeFileSync(files.sealingKeyFile, text);
  await expectRefusal(files, 'DKV_SEALING_KEY_INVALID', message);
});

test('a folder in the place of the key file is refused', async () => {
  const files = await makeStore();
  rmSync(files.sealingKeyFile);
  mkdirSync(files.sealingKeyFile);
  await expectRefusal(files, 'DKV_SEALING_KEY_INVALID', /cannot be read/);
});

test('a key file that cannot be made is told, and no store is made', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  mkdirSync(`${location}.sealing-key.new`);
  await expectRefusal({ location }, 'DKV_SEALING_KEY_INVALID', /cannot be made/);
  expect(existsSync(location)).toBe(false);
});

test('a new first key seals, and the old one still opens', async () => {
  const files = await makeStore();
  writeFileSync(files.sealingKeyFile, key(2) + key(1));
  const store = await open(files);
  expect(await valueAt(store, 0, 'k')).toEqual(VALUE);
  await put(store, 0, 'new', VALUE);
  await store.close();
  const db = new Database(files.location, { readonly: true });
  const keks = db.prepare('SELECT kek_id FROM sealing_keys ORDER BY id').pluck().all();
  db.close();
  expect(keks.at(-1)).toBe(sealingKeyFingerprint(Buffer.alloc(32, 2)));
});

test('a store that only reads makes no data key; each process that writes makes one', async () => {
  const files = await makeStore();
  const keysIn = () => {
    const db = new Database(files.location, { readonly: true });
    const count = db.prepare('SELECT count(*) FROM sealing_keys').pluck().get();
    db.close();
    return count;
  };
  expect(keysIn()).toBe(2);
  const reader = await open(files);
  await valueAt(reader, 0, 'k');
  await reader.close();
  expect(keysIn()).toBe(2);
  const writer = await open(files);
  for (let i = 0; i < 5; i += 1) await put(writer, 0, `k${i}`, VALUE);
  await writer.close();
  expect(keysIn()).toBe(3);
});

test('a copy of the database opens with a copy of its key, and not without', async () => {
  const files = await makeStore();
  const copy = join(tempFolder(), 'copy.db');
  copyFileSync(files.location, copy);
  const stranger = join(tempFolder(), 'key');
  writeFileSync(stranger, sealingKeyFileText(randomBytes(32)));
  await expectRefusal({ location: copy, sealingKeyFile: stranger }, 'DKV_SEALING_KEY_WRONG', /not/);
  const store = await open({ location: copy, sealingKeyFile: files.sealingKeyFile });
  expect(await valueAt(store, 0, 'k')).toEqual(VALUE);
  await store.close();
});
