// A rotation of sealing keys in a store of which a part is damaged: that part is counted and stays
// as it is, all else is done.
import { closeSync, openSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { textType } from '../../server/sealing/content.ts';
import { capturedLog } from './support/captured-log.ts';
import { columnIn, type Files, keksIn, keyId, openWith, writeKeys } from './support/key-files.ts';
import { filledStore, shownBy, step, writerOf } from './support/rotated-store.ts';
import { put, valueAt } from './support/store-calls.ts';

const ENTRIES = 120;
const ERROR = 50;

function tamper(location: string, sql: string): void {
  const db = new Database(location);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}

/** Changes a byte in what an entry has sealed; entries have the ids in which they were made. */
const flip = (column: 'name' | 'value', id: number): string =>
  `UPDATE entries SET ${column} = CAST(substr(${column}, 1, 13) ||
     CASE substr(${column}, 14, 1) WHEN x'00' THEN x'01' ELSE x'00' END ||
     substr(${column}, 15) AS BLOB) WHERE id = ${id}`;

/** Rotates a closed store to key 2, as far as it can be done. */
function rotate(files: Files, log = capturedLog().log): { seen: number; damaged: number } {
  writeKeys(files, 2, 1);
  const writer = writerOf(files, log);
  while (step(writer) === true);
  const { progress } = writer.rotation;
  expect(progress.isOver).toBe(true);
  writer.close();
  return progress;
}

const underOldKey = ({ location }: Files): unknown[] =>
  columnIn(
    location,
    `SELECT e.id FROM entries e JOIN sealing_keys k ON k.id = data_key_id
     WHERE made_under = '${keyId(1)}' ORDER BY e.id`,
  );

test('damaged entries are counted, stay as they are, and hold up no other', async () => {
  const files = await filledStore(ENTRIES);
  const removed = columnIn(files.location, 'SELECT id FROM entries WHERE removed_at IS NOT NULL');
  const [tombstone] = removed as number[];
  for (const sql of [flip('value', 5), flip('name', 8), flip('name', tombstone ?? 0)]) {
    tamper(files.location, sql);
  }
  const damaged = [5, 8, tombstone].sort((a, b) => Number(a) - Number(b));
  const bytes = `SELECT hex(name || value) FROM entries WHERE id IN (${damaged.join()})`;
  const before = columnIn(files.location, bytes);
  const { log, lines } = capturedLog();
  expect(rotate(files, log)).toMatchObject({ seen: ENTRIES, damaged: 3 });
  expect(lines().find(({ level }) => level === ERROR)).toMatchObject({ damaged: 3 });
  expect(underOldKey(files)).toEqual(damaged);
  expect(columnIn(files.location, bytes)).toEqual(before);
  writeKeys(files, 2);
  const store = await openWith(files);
  expect((await shownBy(store)).unreadable).toBeGreaterThan(0);
  await store.close();
});

test('an old data key stays, under the new key, until nothing damaged needs it', async () => {
  const files = await filledStore(ENTRIES);
  const [name] = columnIn(files.location, 'SELECT database FROM entries WHERE id = 1');
  tamper(files.location, flip('value', 1));
  rotate(files);
  expect(keksIn(files.location)).toEqual([keyId(2), keyId(2), keyId(2)]);
  writeKeys(files, 2);
  const store = await openWith(files);
  await expect(store.get(Number(name), 'key 0')).rejects.toMatchObject({
    code: 'DKV_ENTRY_UNREADABLE',
  });
  await put(store, 0, 'key 0', Buffer.from('put right'));
  expect(await valueAt(store, 0, 'key 0')).toEqual(Buffer.from('put right'));
  await store.close();
  const writer = writerOf(files);
  while (step(writer) === true);
  writer.close();
  expect(underOldKey(files)).toEqual([]);
  expect(columnIn(files.location, 'SELECT made_under FROM sealing_keys')).toEqual([
    keyId(1),
    ...Array.from({ length: 2 }, () => keyId(2)),
  ]);
});

test('a damaged data key costs what it sealed, and asks for the key that wraps it', async () => {
  const files = await filledStore(ENTRIES);
  const other = await openWith(files);
  await put(other, 0, 'whole', Buffer.from('v'));
  await other.close();
  tamper(files.location, 'UPDATE sealing_keys SET wrapped = zeroblob(61) WHERE id = 2');
  const { log, lines } = capturedLog();
  expect(rotate(files, log)).toMatchObject({ seen: ENTRIES + 1, damaged: ENTRIES });
  expect(lines().find(({ msg }) => msg.includes('a key is damaged'))).toMatchObject({
    keyId: 2,
    sealingKeyId: keyId(1),
  });
  expect(lines().filter(({ msg }) => msg.includes('may be removed'))).toEqual([]);
  expect(keksIn(files.location)).toEqual([keyId(2), keyId(1), keyId(2)]);
  const store = await openWith(files);
  expect(await valueAt(store, 0, 'whole')).toEqual(Buffer.from('v'));
  await store.close();
});

test('a damaged data key that nothing is under is forgotten, and frees the old key', async () => {
  const files = await filledStore(1);
  const other = await openWith(files);
  await put(other, 0, 'key 0', Buffer.from('v'));
  await other.close();
  tamper(files.location, 'UPDATE sealing_keys SET wrapped = zeroblob(61) WHERE id = 2');
  rotate(files);
  writeKeys(files, 2);
  const store = await openWith(files);
  expect(await valueAt(store, 0, 'key 0')).toEqual(Buffer.from('v'));
  await store.close();
});

/** Breaks the beginning of the first page of a kind, which tells what is on it. */
function breakPage(location: string, which: string): void {
  const db = new Database(location, { readonly: true });
  const page = db.prepare(`SELECT min(pageno) FROM dbstat WHERE ${which}`).pluck().get();
  const pageBytes = Number(db.pragma('page_size', { simple: true }));
  db.close();
  const file = openSync(location, 'r+');
  writeSync(file, Buffer.alloc(4, 0x7f), 0, 4, (Number(page) - 1) * pageBytes);
  closeSync(file);
}

test('an entry whose pages SQLite cannot read is damaged as well', async () => {
  const files = await filledStore(ENTRIES);
  breakPage(files.location, "pagetype = 'overflow'");
  const { log, lines } = capturedLog();
  expect(rotate(files, log)).toMatchObject({ seen: ENTRIES, damaged: 1 });
  expect(underOldKey(files)).toHaveLength(1);
  expect(lines().filter(({ msg }) => msg.includes('was held up'))).toEqual([]);
});

test('a page of entries that SQLite cannot read holds the rotation up, and no write', async () => {
  const files = await filledStore(ENTRIES);
  breakPage(files.location, "pagetype = 'leaf' AND name = 'entries'");
  writeKeys(files, 2, 1);
  const { log, lines } = capturedLog();
  const writer = writerOf(files, log);
  expect([step(writer), step(writer)]).toEqual([true, undefined]);
  expect(lines().at(-1)).toMatchObject({ err: { code: 'SQLITE_CORRUPT' } });
  expect(lines().at(-1)?.msg).toContain('was held up');
  const change = { op: 'put', database: 0, key: 'new', value: Buffer.from('v') } as const;
  expect(writer.commit([[{ ...change, contentType: textType }]])).toMatchObject([
    { results: [{ created: true }] },
  ]);
  expect(lines().filter(({ msg }) => msg.includes('works again'))).toEqual([]);
  writer.close();
  expect(new Set(keksIn(files.location))).toEqual(new Set([keyId(2)]));
});
