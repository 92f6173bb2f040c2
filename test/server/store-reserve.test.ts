// The reserve by itself, on real files and with a clock that the test turns: when it is made, given
// up, and made again. What it is good for is shown on full volumes in `full-disk.test.ts`.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { connect, withoutGrowth } from '../../server/store/connection.ts';
import { openStore } from '../../server/store/open.ts';
import { Reserve } from '../../server/store/reserve.ts';
import { capturedLog, silentLog } from './support/captured-log.ts';
import { smallVolume, testWithMounts } from './support/machine.ts';
import { tempFolder } from './support/temp-folder.ts';

const isRoomWanted = (error: unknown): boolean => error instanceof RangeError;

function newReserve() {
  const path = join(tempFolder(), 'dumbkv.db.reserve');
  const captured = capturedLog();
  const clock = { nowMs: 0 };
  const reserve = new Reserve(path.replace('.reserve', ''), captured.log, () => clock.nowMs);
  const fail = () => {
    throw new RangeError('no room');
  };
  /** Makes the reserve be given up. */
  const spend = () => expect(() => reserve.spendOn(isRoomWanted, fail)).toThrow('no room');
  return { ...captured, path, clock, reserve, spend };
}

test('it takes its room on the disk, and nothing can save it by compressing', () => {
  const { reserve, path, lines } = newReserve();
  expect(reserve.restore()).toBe(true);
  expect(statSync(path).size).toBe(limits.reserveBytes);
  expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(limits.reserveBytes);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(gzipSync(readFileSync(path), { level: 1 }).length).toBeGreaterThan(limits.reserveBytes);
  expect(lines()).toEqual([]);
});

test('it covers a whole log, and an entry of the largest size on top', () => {
  const logBytes = limits.logPagesMax * 4_096;
  const entryBytes = 2 * (limits.valueBytesMax + limits.keyBytesMax) * (4_096 / 4_084);
  expect(limits.reserveBytes).toBeGreaterThan(logBytes + entryBytes / 2);
});

test('what lies there whole is kept, what is not whole is made anew', () => {
  const { reserve, path } = newReserve();
  reserve.restore();
  const made = readFileSync(path);
  const again = new Reserve(path.replace('.reserve', ''), silentLog);
  expect(again.restore()).toBe(true);
  expect(readFileSync(path).equals(made)).toBe(true);
  truncateSync(path, 100);
  expect(new Reserve(path.replace('.reserve', ''), silentLog).restore()).toBe(true);
  expect(statSync(path).size).toBe(limits.reserveBytes);
});

test('a failure of the disk is no want of room where there is plenty', () => {
  const { reserve } = newReserve();
  const withCode = (code: string) => Object.assign(new Error('failed'), { code });
  for (const code of ['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_SHMSIZE']) {
    expect(reserve.mayMend(withCode(code))).toBe(false);
  }
  expect(reserve.mayMend(withCode('SQLITE_CORRUPT'))).toBe(false);
  for (const code of ['SQLITE_FULL', 'ENOSPC', 'EDQUOT']) {
    expect(reserve.mayMend(withCode(code))).toBe(true);
    expect(reserve.mayMend(new Error('the start failed', { cause: withCode(code) }))).toBe(true);
  }
});

testWithMounts(
  'where there is little room a failure of the disk may be for want of it',
  async () => {
    const location = join(smallVolume(5), 'dumbkv.db');
    const failure = Object.assign(new Error('failed'), { code: 'SQLITE_IOERR_WRITE' });
    expect(new Reserve(location, silentLog).mayMend(failure)).toBe(true);
  },
);

testWithMounts('one that was cut short gives its room to the new one', async () => {
  const location = join(smallVolume(8), 'dumbkv.db');
  writeFileSync(`${location}.reserve`, Buffer.alloc(5 * 2 ** 20, 1));
  expect(new Reserve(location, silentLog).restore()).toBe(true);
  expect(statSync(`${location}.reserve`).size).toBe(limits.reserveBytes);
});

test('for want of room it is given up once, and the work done again', () => {
  const { reserve, path, clock, lines } = newReserve();
  reserve.restore();
  let tries = 0;
  const work = () => {
    tries += 1;
    if (existsSync(path)) throw new RangeError('no room');
    return 'done';
  };
  expect(reserve.spendOn(isRoomWanted, work)).toBe('done');
  expect(tries).toBe(2);
  expect(lines()).toMatchObject([{ level: 40, reserve: path }]);
  expect(reserve.restore()).toBe(false);
  clock.nowMs += limits.reserveRetryMs;
  expect(reserve.restore()).toBe(true);
  expect(lines()).toMatchObject([{ level: 40 }, { level: 30 }]);
});

test('what is done again may be something else than what failed', () => {
  const { reserve } = newReserve();
  reserve.restore();
  const fail = () => {
    throw new RangeError('no room');
  };
  expect(reserve.spendOn<string>(isRoomWanted, fail, () => 'smaller')).toBe('smaller');
});

test('other failures do not touch it, and without it a failure is told as it is', () => {
  const { reserve, path, spend } = newReserve();
  reserve.restore();
  const broken = () => {
    throw new Error('broken');
  };
  expect(() => reserve.spendOn(isRoomWanted, broken)).toThrow('broken');
  expect(existsSync(path)).toBe(true);
  spend();
  expect(existsSync(path)).toBe(false);
  spend();
});

test('where it cannot be made, it is tried again only after a pause, and told once', () => {
  const { reserve, path, clock, lines } = newReserve();
  mkdirSync(path);
  for (let i = 0; i < 3; i += 1) expect(reserve.restore()).toBe(false);
  rmdirSync(path);
  expect(reserve.restore()).toBe(false);
  clock.nowMs += limits.reserveRetryMs - 1;
  expect(reserve.restore()).toBe(false);
  clock.nowMs += 1;
  expect(reserve.restore()).toBe(true);
  expect(lines()).toMatchObject([
    { level: 40, err: { message: expect.stringContaining('EISDIR') } },
    { level: 30 },
  ]);
});

test('a store makes its reserve at the start, and one in memory has none', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const signal = new AbortController().signal;
  const store = await openStore({ location }, silentLog, signal);
  expect(statSync(`${location}.reserve`).size).toBe(limits.reserveBytes);
  await store.close();
  await (await openStore({ location: ':memory:' }, silentLog, signal)).close();
  expect(existsSync(':memory:.reserve')).toBe(false);
});

test('what must not grow may use the pages that are free, and no others', () => {
  const db = connect(':memory:');
  db.exec('CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000))');
  const insert = db.prepare('INSERT INTO t VALUES (zeroblob(90000))');
  const full = expect.objectContaining({ code: 'SQLITE_FULL' });
  expect(() => withoutGrowth(db, () => insert.run())).toThrow(full);
  db.exec('DELETE FROM t');
  expect(withoutGrowth(db, () => insert.run().changes)).toBe(1);
  expect(() => withoutGrowth(db, () => insert.run())).toThrow(full);
  expect(insert.run().changes).toBe(1);
  db.close();
});
