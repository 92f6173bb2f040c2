// Damage in a write-ahead log, told from what a loss of power and a failed write leave behind. The
// logs are SQLite's own. The proofs are `crash-images` and `flipped-bytes` in test/chaos/.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { damagedFrame } from '../../server/store/log-frames.ts';
import { openStore } from '../../server/store/open.ts';
import { silentLog } from './support/captured-log.ts';
import { startServer } from './support/server-process.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const [HEAD_BYTES, FRAME_BYTES] = [32, 4_120];

const damageIn = (log: Buffer) => damagedFrame((at, length) => log.subarray(at, at + length));

/** A database in WAL mode as SQLite makes it, which nothing empties the log of. */
function openLog(location = join(tempFolder(), 'some.db')) {
  const db = new Database(location);
  onTestFinished(() => void db.close());
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE IF NOT EXISTS t (x)');
  const commit = (bytes: number) => db.prepare('INSERT INTO t VALUES (randomblob(?))').run(bytes);
  const log = () => readFileSync(`${location}-wal`);
  /** The files as a kill leaves them. */
  const copy = () => {
    const to = join(tempFolder(), 'some.db');
    for (const end of ['', '-wal']) copyFileSync(`${location}${end}`, `${to}${end}`);
    return to;
  };
  return { db, commit, log, copy };
}

/** A log of so many commits of several frames, and how many frames it has after each. */
function logOf(commits: number) {
  const { commit, log } = openLog();
  const ends = Array.from({ length: commits }, () => {
    commit(10_000);
    return (log().length - HEAD_BYTES) / FRAME_BYTES;
  });
  return { log: log(), ends };
}

function flipped(log: Buffer, at: number): Buffer {
  const changed = Buffer.from(log);
  changed[at] = (log[at] ?? 0) ^ 0x10;
  return changed;
}

const frameAt = (number: number) => HEAD_BYTES + (number - 1) * FRAME_BYTES;

describe('a changed byte', () => {
  test('anywhere in the head is told', () => {
    const { log } = logOf(4);
    expect(damageIn(log)).toBeUndefined();
    for (let at = 0; at < HEAD_BYTES; at += 1) expect(damageIn(flipped(log, at))).toBe(0);
  });

  test('in any frame is told where two more commits follow', () => {
    const { log, ends } = logOf(8);
    const last = ends.at(-3) ?? 0;
    expect(last).toBeGreaterThan(15);
    for (let frame = 1; frame <= last; frame += 1) {
      for (const at of [0, 5, 9, 13, 17, 21, 24, 2_000, FRAME_BYTES - 1]) {
        expect(damageIn(flipped(log, frameAt(frame) + at)), `${frame}, ${at}`).toBe(frame);
      }
    }
  });

  test('in the last commit looks like a loss of power', () => {
    const { log, ends } = logOf(3);
    expect(damageIn(flipped(log, frameAt(ends[1] ?? 0) + FRAME_BYTES + 100))).toBeUndefined();
  });
});

describe('no damage is', () => {
  test.each([0, 20, HEAD_BYTES, HEAD_BYTES + 10])('a log of %d bytes', (length) => {
    expect(damageIn(logOf(2).log.subarray(0, length))).toBeUndefined();
    expect(damageIn(Buffer.alloc(length))).toBeUndefined();
  });

  test('whatever a loss of power leaves of the last commit', () => {
    const { log, ends } = logOf(6);
    const synced = frameAt((ends.at(-2) ?? 0) + 1);
    for (let lost = 0; lost < 300; lost += 1) {
      const left = Buffer.from(log);
      for (let at = Math.ceil(synced / 512) * 512; at < left.length; at += 512) {
        // what lay there before may be a frame of an older log
        if ((7 * lost + (13 * at) / 512) % 10 < 3)
          left.copy(left, at, at % synced, (at % synced) + 512);
      }
      expect(damageIn(left)).toBeUndefined();
      expect(damageIn(left.subarray(0, synced + lost * 40))).toBeUndefined();
    }
  });

  test('what is left of the log before, behind its successor', () => {
    const { db, commit, log } = openLog();
    for (let i = 0; i < 8; i += 1) commit(10_000);
    db.pragma('wal_checkpoint(RESTART)');
    for (let i = 0; i < 3; i += 1) commit(10_000);
    expect(damageIn(log())).toBeUndefined();
    expect(damageIn(flipped(log(), frameAt(1) + 100))).toBe(1);
  });

  test('what failed commits have left behind a shorter one', () => {
    const { commit, log, copy } = openLog();
    commit(10_000);
    const failed = [200_000, 100_000].map((bytes) => {
      const other = openLog(copy());
      other.commit(bytes);
      return other.log();
    });
    commit(10_000);
    const [longest = Buffer.alloc(0), longer = Buffer.alloc(0)] = failed;
    const all = Buffer.from(longest);
    longer.copy(all);
    log().copy(all);
    expect(log().length).toBeLessThan(longer.length);
    expect(damageIn(all)).toBeUndefined();
  });

  test('what was written ahead and rolled back', () => {
    const { db, commit, log } = openLog();
    commit(10_000);
    db.pragma('cache_size = 2');
    db.exec('BEGIN');
    for (let i = 0; i < 20; i += 1) commit(50_000);
    db.exec('ROLLBACK');
    const lengthBefore = log().length;
    for (let i = 0; i < 3; i += 1) commit(5_000);
    expect(log()).toHaveLength(lengthBefore);
    expect(damageIn(log())).toBeUndefined();
  });
});

test('a killed server starts with all that it acknowledged, or says that it cannot', async () => {
  const folder = tempFolder();
  const location = join(folder, 'dumbkv.db');
  const server = startServer(folder);
  for (let i = 0; i < 20; i += 1) {
    expect((await server.kv('PUT', { key: `k${i}`, value: `${i}` })).status).toBe(200);
  }
  await server.end('SIGKILL');
  const files = ['', '-wal'].map((end) => ({
    path: location + end,
    bytes: readFileSync(location + end),
  }));
  const log = files[1]?.bytes ?? Buffer.alloc(0);
  let refused = 0;
  for (let at = 3; at < log.length; at += 1_237) {
    for (const { path, bytes } of files) writeFileSync(path, bytes);
    writeFileSync(`${location}-wal`, flipped(log, at));
    const opened = openStore({ location }, silentLog, new AbortController().signal);
    const store = await opened.catch((error: { code: string }) => error.code);
    if (typeof store === 'string') {
      expect(store).toBe('DKV_STORE_CORRUPT');
      expect(readFileSync(`${location}-wal`).equals(flipped(log, at))).toBe(true);
      refused += 1;
      continue;
    }
    // but the last ones, which nothing was written after
    for (let i = 0; i < 18; i += 1) expect(String(await valueAt(store, 0, `k${i}`))).toBe(`${i}`);
    expect(await put(store, 0, 'next', Buffer.from('v'))).toMatchObject({ stored: true });
    await store.close();
  }
  expect(refused).toBeGreaterThan(20);
});

test('what the manual says goes on without the writes behind the damage', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const signal = new AbortController().signal;
  const store = await openStore({ location }, silentLog, signal);
  for (let i = 0; i < 6; i += 1) await put(store, 0, `k${i}`, Buffer.from('v'));
  const { incarnation } = store.info();
  const copy = join(tempFolder(), 'dumbkv.db');
  for (const end of ['', '-wal', '.sealing-key']) copyFileSync(location + end, copy + end);
  await store.close();
  const log = readFileSync(`${copy}-wal`);
  writeFileSync(`${copy}-wal`, flipped(log, frameAt(Math.ceil(log.length / FRAME_BYTES / 2)) + 99));
  const refusal = { code: 'DKV_STORE_CORRUPT', message: expect.stringContaining('under Damage') };
  await expect(openStore({ location: copy }, silentLog, signal)).rejects.toMatchObject(refusal);
  const manual = readFileSync(new URL('../../docs/server.md', import.meta.url), 'utf8');
  const sql = /^sqlite3 dumbkv\.db "(.*)"$/m.exec(manual)?.[1] ?? '';
  const stranger = new Database(copy);
  stranger.exec(sql);
  stranger.close();
  const again = await openStore({ location: copy }, silentLog, signal);
  expect(String(await valueAt(again, 0, 'k0'))).toBe('v');
  expect(await valueAt(again, 0, 'k5')).toBeUndefined();
  expect(again.info().incarnation).not.toBe(incarnation);
  await again.close();
});
