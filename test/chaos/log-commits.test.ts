// The commits that are told from the bytes of a log are those that SQLite finds in it.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../server/support/temp-folder.ts';
import { commitsIn } from './log-commits.ts';

/** A database whose writes are all in its log. */
function openLogged() {
  const path = join(tempFolder(), 'a.db');
  const db = new Database(path);
  onTestFinished(() => void db.close());
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  db.exec('CREATE TABLE t (value)');
  const insert = db.prepare('INSERT INTO t VALUES (?)');
  const write = db.transaction((values: string[]) => values.map((value) => insert.run(value)));
  return { db, path, write, log: () => readFileSync(`${path}-wal`) };
}

/** How many rows a database has whose log ends there. */
function rowsUpTo(path: string, log: Buffer, end: number): unknown {
  const copy = join(tempFolder(), 'a.db');
  copyFileSync(path, copy);
  writeFileSync(`${copy}-wal`, log.subarray(0, end));
  const db = new Database(copy);
  onTestFinished(() => void db.close());
  return db.prepare('SELECT count(*) FROM t').pluck().get();
}

test('a log that is cut at one of them holds the writes up to it', () => {
  const { path, write, log } = openLogged();
  for (const values of [['a'], ['b', 'c'], ['d'.repeat(20_000)]]) write(values);
  const bytes = log();
  const [, ...commits] = commitsIn(bytes);
  expect(commits.map(({ end }) => rowsUpTo(path, bytes, end))).toEqual([1, 3, 4]);
  expect(commits.map(({ frames }) => frames > 4)).toEqual([false, false, true]);
});

test('frames of an older log behind them are none of it', () => {
  const { db, write, log } = openLogged();
  for (let at = 0; at < 10; at += 1) write([`${at}`]);
  const before = commitsIn(log()).length;
  db.pragma('wal_checkpoint(RESTART)');
  write(['next']);
  expect(before).toBe(11);
  expect(commitsIn(log())).toMatchObject([{ frames: 1 }]);
});

test('a commit that is not whole is none, and neither is a log without frames', () => {
  const { write, log } = openLogged();
  write(['a']);
  const bytes = log();
  const commits = commitsIn(bytes);
  expect(commitsIn(bytes.subarray(0, -1))).toEqual(commits.slice(0, -1));
  expect(commitsIn(bytes.subarray(0, 32))).toEqual([]);
  expect(commitsIn(Buffer.alloc(0))).toEqual([]);
});
