// The settings that durability hangs on, read back from connections as the server makes them.
// That they lead to a sync before each reply is shown in `synced.test.ts`.
import { randomUUID } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import type { Batch } from '../../server/store/change.ts';
import { type Connection, connect, makeDurable } from '../../server/store/connection.ts';
import { readIdentity } from '../../server/store/identity.ts';
import { createSchema, type Migration, migrate, versionOf } from '../../server/store/migrate.ts';
import { Session } from '../../server/store/session.ts';
import { TendedWriter } from '../../server/store/tended-writer.ts';
import { Writer } from '../../server/store/writer.ts';
import { until } from '../support/until.ts';
import { openWithConnection } from './support/open-with-connection.ts';
import { tempFolder } from './support/temp-folder.ts';

/** An empty file. */
function newLocation(): string {
  const location = join(tempFolder(), 'dumbkv.db');
  writeFileSync(location, '');
  return location;
}

const NAMES = { storeId: randomUUID(), incarnation: randomUUID() };

test('this build of SQLite would not sync commits by itself: the settings are needed', () => {
  const db = new Database(newLocation());
  db.pragma('journal_mode = WAL');
  db.close();
  const again = new Database(db.name);
  expect(again.pragma('synchronous', { simple: true })).toBe(1);
  again.close();
});

test.each([
  ['wal', 'wal'],
  ['truncate', 'truncate'],
] as const)('a %s connection has every setting', (mode, journal) => {
  const db = connect(newLocation());
  makeDurable(db, mode);
  const setting = (name: string) => db.pragma(name, { simple: true });
  expect(setting('journal_mode')).toBe(journal);
  expect(setting('synchronous')).toBe(2);
  expect(setting('fullfsync')).toBe(1);
  expect(setting('checkpoint_fullfsync')).toBe(1);
  expect(setting('foreign_keys')).toBe(1);
  expect(setting('temp_store')).toBe(2);
  expect(setting('cache_size')).toBe(-16 * 1024);
  expect(setting('wal_autocheckpoint')).toBe(0);
  db.close();
});

test('a second connection has them too', () => {
  const location = newLocation();
  const connections = [connect(location), connect(location)];
  for (const db of connections) makeDurable(db, 'wal');
  for (const db of connections) expect(db.pragma('synchronous', { simple: true })).toBe(2);
  for (const db of connections) db.close();
});

test('a setting that does not hold is an error: a store in memory bears no log', () => {
  const db = connect(':memory:');
  expect(() => makeDurable(db, 'wal')).toThrow(
    expect.objectContaining({
      code: 'DKV_STORE_NOT_DURABLE',
      message: expect.stringContaining('journal_mode = wal: it says memory'),
    }),
  );
});

test('a setting that cannot be made is an error', () => {
  const location = newLocation();
  connect(location).exec('CREATE TABLE t (x)').close();
  const db = new Database(location, { readonly: true });
  expect(() => makeDurable(db, 'wal')).toThrow(
    expect.objectContaining({ code: 'DKV_STORE_NOT_DURABLE' }),
  );
  db.close();
});

test('opening empties the write-ahead log of a process that was killed', () => {
  const location = newLocation();
  const killed = connect(location);
  makeDurable(killed, 'wal');
  killed.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)');
  const next = connect(location);
  makeDurable(next, 'wal');
  const [row] = next.pragma('wal_checkpoint(PASSIVE)') as { log: number; checkpointed: number }[];
  expect(row).toMatchObject({ log: 0, checkpointed: 0 });
  next.close();
  killed.close();
});

test('a log that a reader holds cannot be emptied, and that is an error', () => {
  const location = newLocation();
  const writer = connect(location);
  makeDurable(writer, 'wal');
  writer.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)');
  const reader = new Database(location);
  reader.exec('BEGIN');
  reader.prepare('SELECT * FROM t').all();
  writer.exec('INSERT INTO t VALUES (2)');
  const next = connect(location, { busyMs: 50 });
  expect(() => makeDurable(next, 'wal')).toThrow(
    expect.objectContaining({ code: 'DKV_STORE_CHECKPOINT_FAILED' }),
  );
  for (const db of [reader, next, writer]) db.close();
});

const pagesInLog = (db: Connection): number =>
  (db.pragma('wal_checkpoint(NOOP)') as { log: number }[])[0]?.log ?? -1;

const copiedFromLog = (db: Connection): number =>
  (db.pragma('wal_checkpoint(NOOP)') as { checkpointed: number }[])[0]?.checkpointed ?? -1;

test('a log grows up to its bound, and is begun anew once it was copied', () => {
  const db = connect(newLocation());
  makeDurable(db, 'wal');
  createSchema(db, NAMES, () => {});
  db.exec('CREATE TABLE t (x)');
  const session = new Session(db);
  const insert = db.prepare('INSERT INTO t VALUES (zeroblob(100000))');
  let longest = 0;
  for (let i = 0; i < 200; i += 1) {
    insert.run();
    longest = Math.max(longest, pagesInLog(db));
    session.boundLog(limits.logPagesMax);
  }
  expect(longest).toBeGreaterThanOrEqual(limits.logPagesMax);
  expect(longest).toBeLessThan(limits.logPagesMax + 100);
  expect(statSync(`${db.name}-wal`).size).toBeLessThan((limits.logPagesMax + 100) * 4_200);
  expect(pagesInLog(db)).toBeLessThan(limits.logPagesMax);
  db.close();
});

test('nobody waits for the log to be copied who has made it long', async () => {
  const { parts, store } = await openWithConnection();
  const told = { swept: () => {}, rotated: () => {} };
  const writer = new TendedWriter(new Writer(parts), told);
  const copied = () => copiedFromLog(parts.db);
  const value = Buffer.alloc(limits.valueBytesMax);
  const batches: Batch[] = Array.from({ length: 5 }, (_, i) => [
    { op: 'put', database: 0, key: `k${i}`, value, contentType: 'a/b' },
  ]);
  expect(writer.commit(batches)).toMatchObject(batches.map(() => ({ results: [{}] })));
  expect(copied()).toBe(0);
  writer.after(batches);
  expect(copied()).toBeGreaterThan(limits.logPagesMax);
  await store.close();
});

test('in a quiet moment a short log is copied too, and the next write begins it anew', async () => {
  const { parts, store } = await openWithConnection();
  const writer = new TendedWriter(new Writer(parts), { swept: () => {}, rotated: () => {} });
  const value = Buffer.alloc(limits.logPagesQuietMax * 4_096);
  const batches: Batch[] = [[{ op: 'put', database: 0, key: 'k', value, contentType: 'a/b' }]];
  writer.commit(batches);
  writer.after(batches);
  const pages = pagesInLog(parts.db);
  expect(pages).toBeLessThan(limits.logPagesMax);
  await until('the log is copied', () => copiedFromLog(parts.db) === pages);
  writer.commit([[{ op: 'remove', database: 0, key: 'k' }]]);
  expect(pagesInLog(parts.db)).toBeLessThan(pages);
  await store.close();
});

test.each(['truncate', 'memory'] as const)('in %s mode there is no log to bound', (mode) => {
  const db = connect(newLocation());
  makeDurable(db, mode);
  createSchema(db, NAMES, () => {});
  const session = new Session(db);
  expect(() => session.boundLog(limits.logPagesMax)).not.toThrow();
  expect(pagesInLog(db)).toBe(-1);
  db.close();
});

const steps: Migration[] = [
  { to: 98, oldestReaderVersion: 2, change: (db) => db.exec('CREATE TABLE second (x)') },
  { to: 99, oldestReaderVersion: 99, change: (db) => db.exec('CREATE TABLE third (x)') },
];

test('an old schema is raised step by step, and the versions are kept', () => {
  const db = connect(newLocation());
  const first = createSchema(db, NAMES, () => {});
  expect(first).toEqual({ ...NAMES, schemaVersion: 2, oldestReaderVersion: 2 });
  expect(migrate(db, first, steps)).toMatchObject({ schemaVersion: 99, oldestReaderVersion: 99 });
  expect(readIdentity(db, db.name)).toMatchObject({ schemaVersion: 99, oldestReaderVersion: 99 });
  db.prepare('SELECT * FROM second, third').all();
  db.close();
});

test('steps that were taken are not taken again', () => {
  const db = connect(newLocation());
  const raised = migrate(
    db,
    createSchema(db, NAMES, () => {}),
    steps,
  );
  expect(migrate(db, raised, steps)).toEqual(raised);
  db.close();
});

test('a step that fails changes nothing', () => {
  const db = connect(newLocation());
  const first = createSchema(db, NAMES, () => {});
  const failing: Migration = {
    to: 99,
    oldestReaderVersion: 99,
    change: (connection) => {
      connection.exec('CREATE TABLE half (x)');
      throw new Error('in the middle');
    },
  };
  expect(() => migrate(db, first, [failing])).toThrow('in the middle');
  expect(readIdentity(db, db.name)).toEqual(first);
  expect(() => db.prepare('SELECT * FROM half')).toThrow(/no such table/);
  db.close();
});

test('a schema whose making fails leaves nothing', () => {
  const db = connect(newLocation());
  const making = () =>
    createSchema(db, NAMES, () => {
      throw new Error('no key');
    });
  expect(making).toThrow('no key');
  expect(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(0);
  db.close();
});

test('the newest version is that of the last step, and 1 without any', () => {
  expect(versionOf([])).toBe(1);
  expect(versionOf(steps)).toBe(99);
});
