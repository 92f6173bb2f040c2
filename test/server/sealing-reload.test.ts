// The sealing key file while the server runs: a change counts without a restart, and what the store
// cannot do with leaves the old keys. The watch itself is tested in `key-watch.test.ts`.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SealingKey } from '../../server/sealing/key-file.ts';
import { parseSealingKeyFile } from '../../server/sealing/key-file.ts';
import { type KeepKey, KeyRing, type WrappedKey } from '../../server/sealing/key-ring.ts';
import { followKeyFile } from '../../server/store/key-change.ts';
import type { StoreOptions } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import type { SqliteWriter } from '../../server/store/writer-link.ts';
import { type CapturedLog, capturedLog } from './support/captured-log.ts';
import {
  columnIn,
  type Files,
  keksIn,
  keyId,
  keyText,
  newFiles,
  openWith,
  replaceFile,
  writeKeys,
} from './support/key-files.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const VALUE = Buffer.from('v');
const READ_AGAIN = /has changed: read again/;
const ERROR = 50;

interface Running extends CapturedLog {
  readonly store: Store;
  readonly files: Files;
}

/** An open store with one entry, sealed under key 1. */
async function running(options: Partial<StoreOptions> = {}): Promise<Running> {
  const files = newFiles();
  const captured = capturedLog();
  const store = await openWith({ ...files, ...options }, captured.log);
  await put(store, 0, 'old', VALUE);
  return { ...captured, store, files };
}

const complaints = ({ lines }: CapturedLog) => lines().filter(({ level }) => level === ERROR);

const readAgain = ({ lines }: CapturedLog, times = 1): Promise<boolean> =>
  waitFor(
    'the changed file',
    () => lines().filter(({ msg }) => READ_AGAIN.test(msg))[times - 1],
  ).then(Boolean);

test.each([
  ['in a thread of its own', {}],
  ['beside the reader', { journal: { mode: 'truncate' } as const }],
])('a writer %s seals with the new first key of a changed file', async (_, options) => {
  const run = await running(options);
  writeKeys(run.files, 2, 1);
  await readAgain(run);
  expect(run.lines().find(({ msg }) => READ_AGAIN.test(msg))).toMatchObject({
    sealingKeyIds: [keyId(2), keyId(1)],
  });
  await put(run.store, 0, 'new', VALUE);
  for (const key of ['old', 'new']) expect(await valueAt(run.store, 0, key)).toEqual(VALUE);
  await run.store.close();
  expect(keksIn(run.files.location).at(-1)).toBe(keyId(2));
  const newest = 'SELECT data_key_id = (SELECT max(id) FROM sealing_keys) FROM entries ORDER BY id';
  expect(columnIn(run.files.location, newest).at(-1)).toBe(1);
});

test('a store in memory follows its file as well', async () => {
  const files = newFiles();
  const captured = capturedLog();
  const options = { location: ':memory:', sealingKeyFile: files.sealingKeyFile };
  const store = await openWith(options, captured.log);
  await put(store, 0, 'old', VALUE);
  writeKeys(files, 2, 1);
  await readAgain(captured);
  await put(store, 0, 'new', VALUE);
  for (const key of ['old', 'new']) expect(await valueAt(store, 0, key)).toEqual(VALUE);
  await store.close();
});

test('the file beside the database is followed too', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  writeFileSync(`${location}.sealing-key`, keyText(1));
  const captured = capturedLog();
  const store = await openWith({ location }, captured.log);
  replaceFile(`${location}.sealing-key`, keyText(2, 1));
  await readAgain(captured);
  await store.close();
});

test.each([
  ['emptied', (path: string) => replaceFile(path, ''), /holds no key/],
  ['made wrong', (path: string) => replaceFile(path, 'nonsense'), /line 1/],
  ['gone', (path: string) => rmSync(path), /is not there/],
  ['without the key of the store', (path: string) => replaceFile(path, keyText(2)), keyId(1)],
] as const)('a file that was %s is told once, and the old keys stay', async (_, spoil, says) => {
  const run = await running();
  spoil(run.files.sealingKeyFile);
  await waitFor('a complaint', () => complaints(run)[0]);
  expect(complaints(run)[0]?.reason).toMatch(says);
  await put(run.store, 0, 'new', VALUE);
  for (const key of ['old', 'new']) expect(await valueAt(run.store, 0, key)).toEqual(VALUE);
  writeKeys(run.files, 2, 1);
  await readAgain(run);
  expect(complaints(run)).toHaveLength(1);
  await run.store.close();
  const again = await openWith(run.files);
  for (const key of ['old', 'new']) expect(await valueAt(again, 0, key)).toEqual(VALUE);
  await again.close();
});

test('what was made under a file that was refused later stays readable', async () => {
  const run = await running();
  writeKeys(run.files, 2);
  await waitFor('a complaint', () => complaints(run)[0]);
  await put(run.store, 0, 'between', VALUE);
  await run.store.close();
  expect(new Set(keksIn(run.files.location))).toEqual(new Set([keyId(1)]));
});

test('no line of the log holds a key', async () => {
  const run = await running();
  replaceFile(run.files.sealingKeyFile, `${keyText(2).trim()} and more`);
  await waitFor('a complaint', () => complaints(run)[0]);
  writeKeys(run.files, 2, 1);
  await readAgain(run);
  await run.store.close();
  for (const fill of [1, 2]) expect(run.text()).not.toContain(keyText(fill).trim());
});

test('whoever reads can open what the writer makes before the reader is told', async () => {
  const files = newFiles();
  const rows: WrappedKey[] = [];
  const keep: KeepKey = (purpose, kekId, wrap) => {
    rows.push({ id: rows.length + 1, purpose, kekId, wrapped: wrap(rows.length + 1) });
    return rows.length;
  };
  const keys = parseSealingKeyFile(keyText(1));
  const [reading, writing] = [1, 2].map(() => new KeyRing(Buffer.alloc(16), keys));
  const met: (boolean | undefined)[] = [];
  const writer = {
    useKeys: async (found: readonly SealingKey[]): Promise<void> => {
      writing?.useKeks(found);
      const made = writing?.dataKeyForSealing(2, keep);
      reading?.loadNew(rows);
      met.push(made?.key.equals(reading?.dataKey(made.id) as never));
    },
    close: async (): Promise<void> => {},
  } as SqliteWriter;
  const file = { path: files.sealingKeyFile, keys, ring: reading as KeyRing };
  const following = followKeyFile(writer, file, capturedLog().log);
  writeKeys(files, 2, 1);
  await waitFor('the changed file', () => met.length > 0);
  expect(met).toEqual([true]);
  await following.close();
});
