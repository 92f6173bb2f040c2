// A rotation of sealing keys on a real store: in the end nothing is under the old key, and nobody
// who reads or follows the store can tell. What interrupts it is in `rotation-faults.test.ts`.
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { parseSealingKeyFile } from '../../server/sealing/key-file.ts';
import { KeyRing } from '../../server/sealing/key-ring.ts';
import { readIdentity, storeIdBytes } from '../../server/store/identity.ts';
import { keyKeeper } from '../../server/store/statements.ts';
import { capturedLog } from './support/captured-log.ts';
import {
  columnIn,
  type Files,
  keksIn,
  keyId,
  keyText,
  newFiles,
  openWith,
  writeKeys,
} from './support/key-files.ts';
import {
  filledStore,
  fillStore,
  madeUnder,
  shownBy,
  step,
  writerOf,
} from './support/rotated-store.ts';
import { put } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const ENTRIES = 300;
const dataKeyIds = ({ location }: Files) =>
  columnIn(location, "SELECT id FROM sealing_keys WHERE purpose = 'data' ORDER BY id");

const OTHER_DATA_KEYS = `SELECT count(*) FROM sealing_keys
  WHERE purpose = 'data' AND made_under <> '${keyId(2)}'`;

/** Waits until nothing is left to rotate to key 2: old data keys go last. */
async function rotated({ location }: Files): Promise<void> {
  await waitFor('the rotation to end', () => columnIn(location, OTHER_DATA_KEYS)[0] === 0);
  expect(new Set(keksIn(location))).toEqual(new Set([keyId(2)]));
  expect(madeUnder(location)).toEqual([keyId(2)]);
}

test.each([
  ['with a log', undefined],
  ['with a rollback journal', { mode: 'truncate' } as const],
])('in a store that is open, %s, everything comes under the new key', async (_, journal) => {
  const files = newFiles();
  const store = await openWith({ ...files, ...(journal && { journal }) });
  await fillStore(store, ENTRIES);
  const before = await shownBy(store);
  const oldDataKeys = dataKeyIds(files);
  writeKeys(files, 2, 1);
  await rotated(files);
  expect(await shownBy(store)).toEqual(before);
  expect(dataKeyIds(files)).not.toEqual(expect.arrayContaining(oldDataKeys));
  await store.close();
  writeKeys(files, 2);
  const again = await openWith(files);
  expect(await shownBy(again)).toEqual(before);
  await again.close();
});

test('a file that was changed while the store was closed is gone by at the start', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 2, 1);
  const store = await openWith(files);
  await rotated(files);
  const after = await shownBy(store);
  expect(after.unreadable).toBe(0);
  expect(after.entries).toHaveLength(ENTRIES - ENTRIES / 10);
  await store.close();
});

test('a feed that is followed is told nothing', async () => {
  const files = newFiles();
  const store = await openWith(files);
  await fillStore(store, ENTRIES);
  const { revision } = await store.state();
  let told = 0;
  const endWatch = store.watch(() => {
    told += 1;
  });
  writeKeys(files, 2, 1);
  await rotated(files);
  endWatch();
  expect(told).toBe(0);
  const request = { database: 0, afterRevision: revision, limit: 10, withValues: false };
  expect(await store.changes(request)).toMatchObject({ events: [], revision });
  await store.close();
});

test('what is written meanwhile is kept, each by its own revision', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 2, 1);
  const store = await openWith(files);
  const revisions = new Map<string, number>();
  const done = rotated(files);
  let isDone = false;
  void done.finally(() => {
    isDone = true;
  });
  for (let at = 0; !isDone; at += 1) {
    const key = `key ${2 * (at % 100)}`;
    const result = await put(store, 0, key, Buffer.from(`${at}`));
    if (result.stored) revisions.set(key, result.revision);
  }
  await done;
  for (const [key, revision] of revisions) {
    expect(await store.get(0, key), key).toMatchObject({ revision });
  }
  expect((await shownBy(store)).unreadable).toBe(0);
  await store.close();
});

test('once all keys are wrapped anew, the log says which lines may go', async () => {
  const files = await filledStore(3);
  writeKeys(files, 2, 3, 1);
  const { log, lines } = capturedLog();
  const store = await openWith(files, log);
  const line = await waitFor('the line', () =>
    lines().find(({ msg }) => msg.includes('may be removed')),
  );
  expect(line.sealingKeyIds).toEqual([keyId(3), keyId(1)]);
  expect(new Set(keksIn(files.location))).toEqual(new Set([keyId(2)]));
  const over = await waitFor('the end', () =>
    lines().find(({ msg }) => msg.includes('all entries')),
  );
  expect(over).toMatchObject({ entries: 3, forgottenDataKeyIds: [2] });
  await store.close();
});

test('as long as the old key wraps anything, a file without it is refused', async () => {
  const files = await filledStore(3);
  writeKeys(files, 2);
  await expect(openWith(files)).rejects.toMatchObject({
    code: 'DKV_SEALING_KEY_WRONG',
    message: expect.stringContaining(keyId(1)),
  });
  expect(new Set(keksIn(files.location))).toEqual(new Set([keyId(1)]));
});

test('with the keys wrapped and entries still to come, the new key alone opens all', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 2, 1);
  const writer = writerOf(files);
  for (let i = 0; i < 3; i += 1) expect(step(writer)).toBe(true);
  writer.close();
  expect(madeUnder(files.location)).toHaveLength(2);
  writeKeys(files, 2);
  const store = await openWith(files);
  expect((await shownBy(store)).unreadable).toBe(0);
  await rotated(files);
  expect((await shownBy(store)).unreadable).toBe(0);
  await store.close();
});

test('a rotation in the middle of another one ends with the newest key', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 3, 1);
  const writer = writerOf(files);
  for (let i = 0; i < 4; i += 1) expect(step(writer)).toBe(true);
  writer.close();
  writeKeys(files, 2, 3, 1);
  const store = await openWith(files);
  await rotated(files);
  expect((await shownBy(store)).unreadable).toBe(0);
  await store.close();
});

test('many keys are wrapped in several steps, and those that nothing uses go', async () => {
  const files = await filledStore(3);
  const db = new Database(files.location);
  const keys = parseSealingKeyFile(keyText(1));
  for (let i = 0; i < limits.rotationKeysMax; i += 1) {
    const ring = new KeyRing(storeIdBytes(readIdentity(db, files.location).storeId), keys);
    ring.dataKeyForSealing(2, keyKeeper(db));
  }
  db.close();
  writeKeys(files, 2, 1);
  const writer = writerOf(files);
  expect(step(writer)).toBe(true);
  const wrapped = () => keksIn(files.location).filter((id) => id === keyId(2)).length;
  expect(wrapped()).toBe(limits.rotationKeysMax);
  expect(step(writer)).toBe(true);
  expect(wrapped()).toBe(limits.rotationKeysMax + 2);
  while (step(writer) === true);
  const foreignKeys = writer.inBackground(({ db }) => db.pragma('foreign_keys', { simple: true }));
  expect(foreignKeys).toBe(1);
  writer.close();
  expect(dataKeyIds(files)).toHaveLength(1);
  const store = await openWith(files);
  expect(await shownBy(store)).toMatchObject({ unreadable: 0, entries: { length: 3 } });
  await store.close();
});

test('where nothing is to be rotated, nothing is written', async () => {
  const files = await filledStore(20);
  const before = columnIn(files.location, 'SELECT hex(name) FROM entries');
  const writer = writerOf(files);
  expect(step(writer)).toBe(false);
  expect(writer.rotation.progress).toEqual({ seen: 0, damaged: 0, isOver: true });
  writer.close();
  expect(columnIn(files.location, 'SELECT hex(name) FROM entries')).toEqual(before);
});

test('a step seals no more than its bound, whatever the entries are', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 2, 1);
  const writer = writerOf(files);
  const left = `SELECT count(*) FROM entries JOIN sealing_keys k ON k.id = data_key_id
    WHERE made_under = '${keyId(1)}'`;
  let before = Number(columnIn(files.location, left)[0]);
  while (step(writer)) {
    const now = Number(columnIn(files.location, left)[0]);
    expect(before - now).toBeLessThanOrEqual(limits.rotationRowsMax);
    before = now;
  }
  expect(before).toBe(0);
  writer.close();
});
