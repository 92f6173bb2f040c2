// The connection that reads, after the disk has failed: another one takes its place, so that a file
// that is no more is not asked for ever.
// Healing of the writer is in `store-healing.test.ts`.
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { connect } from '../../server/store/connection.ts';
import { Reader } from '../../server/store/reader.ts';
import { capturedLog } from './support/captured-log.ts';
import { breakWrites, openWithConnection } from './support/open-with-connection.ts';
import { put, valueAt } from './support/store-calls.ts';

const VALUE = Buffer.from('v');

test('healing the writer renews the connection that reads', async () => {
  const { store, db, reader } = await openWithConnection();
  await put(store, 0, 'k', VALUE);
  breakWrites(db);
  await expect(put(store, 0, 'x', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  expect(reader.open).toBe(true);
  await store.ping();
  expect(reader.open).toBe(false);
  expect(await valueAt(store, 0, 'k')).toEqual(VALUE);
  await store.close();
});

async function openReader(fails: () => boolean = () => false) {
  const { store, location } = await openWithConnection();
  await put(store, 0, 'k', VALUE);
  const { log, lines } = capturedLog();
  const clock = { nowMs: 0 };
  const opened: ReturnType<typeof connect>[] = [];
  const open = () => {
    if (fails()) throw new Error('still broken');
    const db = connect(location);
    opened.push(db);
    return db;
  };
  const way = { reopen: open, renewed: () => {} };
  const reader = new Reader(open(), way, log, () => clock.nowMs);
  return { reader, opened, clock, lines };
}

/** What SQLite throws when the disk does not read. */
const ioError = () => Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_READ' });

test('a read that the disk fails is tried once more on another connection', async () => {
  const { reader, opened } = await openReader();
  let tries = 0;
  const revision = reader.read((reads) => {
    tries += 1;
    if (tries === 1) throw ioError();
    return reads.state().revision;
  });
  expect(revision).toBe(1);
  expect(opened.map(({ open }) => open)).toEqual([false, true]);
  reader.close();
  expect(opened[1]?.open).toBe(false);
});

test('a disk that fails on and on is asked for another connection once in a while', async () => {
  const { reader, opened, clock } = await openReader();
  const fail = () =>
    reader.read(() => {
      throw ioError();
    });
  for (let i = 0; i < 5; i += 1) expect(fail).toThrow('disk I/O error');
  expect(opened).toHaveLength(2);
  clock.nowMs += limits.storeHealPauseMs;
  expect(fail).toThrow('disk I/O error');
  expect(opened).toHaveLength(3);
});

test('where none can be opened the old one stays, and the log says why', async () => {
  let fails = false;
  const { reader, opened, lines } = await openReader(() => fails);
  fails = true;
  expect(reader.renew()).toBe(false);
  expect(lines().at(-1)).toMatchObject({ err: { message: 'still broken' } });
  expect(opened[0]?.open).toBe(true);
  expect(reader.read((reads) => reads.state().keys)).toBe(1);
  reader.close();
});

test('once the writer has gone on, nothing is read before the reader has followed', async () => {
  let fails = false;
  const { reader, clock } = await openReader(() => fails);
  fails = true;
  reader.follow();
  const keys = () => reader.read((reads) => reads.state().keys);
  expect(keys).toThrow('could be older');
  fails = false;
  clock.nowMs += limits.storeHealPauseMs;
  expect(keys()).toBe(1);
  reader.follow();
  expect(keys()).toBe(1);
  reader.close();
});

test('what is no failure of the disk is told as it is, at once', async () => {
  const { reader, opened } = await openReader();
  expect(() =>
    reader.read(() => {
      throw new Error('something else');
    }),
  ).toThrow('something else');
  expect(opened).toHaveLength(1);
});

test('keys are read by the connection that there is', async () => {
  const { reader } = await openReader();
  const before = reader.keys();
  expect(before.length).toBeGreaterThan(0);
  expect(reader.renew()).toBe(true);
  expect(reader.keys()).toEqual(before);
});
