// The sweep by a clock that the test turns: what has ended goes, removals are forgotten in time and
// in number, and a full disk remembers none.
// That nobody sees what has ended is in the store contract.
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { textType } from '../../server/sealing/content.ts';
import type { Change } from '../../server/store/change.ts';
import { Reserve } from '../../server/store/reserve.ts';
import { Writer } from '../../server/store/writer.ts';
import { silentLog } from './support/captured-log.ts';
import { breakWrites, openWithConnection } from './support/open-with-connection.ts';

const START_MS = 1_700_000_000_000;

const putOf = (key: string, ttlMs?: number): Change => ({
  ...{ op: 'put', database: 0, key, contentType: textType, ttlMs },
  value: Buffer.from('v'),
});
const removalOf = (key: string): Change => ({ op: 'remove', database: 0, key });

async function openTurned(options: { readonly hasRoom?: boolean } = {}) {
  const { db, parts } = await openWithConnection();
  const clock = { nowMs: START_MS };
  const reserve = Object.assign(new Reserve('/nowhere/dumbkv.db', silentLog), {
    restore: () => options.hasRoom ?? true,
  });
  const writer = new Writer({ ...parts, reserve, nowMs: () => clock.nowMs });
  const write = (...changes: Change[]) => {
    const outcomes = writer.commit(changes.map((change) => [change]));
    for (const outcome of outcomes) expect(outcome).toHaveProperty('results');
  };
  const state = () => writer.access.read((reads) => reads.state());
  const rows = () => db.prepare('SELECT count(*) FROM entries').pluck().get();
  return { db, writer, clock, write, state, rows };
}

test('with nothing that ends there is nothing to do', async () => {
  const { writer, write } = await openTurned();
  write(putOf('k'));
  expect(writer.nextSweepMs()).toBeUndefined();
  expect(writer.sweep()).toEqual({ ended: 0, againMs: undefined });
});

test('it comes when the first entry ends, and not much sooner than that', async () => {
  const { writer, write } = await openTurned();
  write(putOf('late', 90_000), putOf('early', 30_000), putOf('never'));
  expect(writer.nextSweepMs()).toBe(30_000);
  write(putOf('soon', 1));
  expect(writer.nextSweepMs()).toBe(limits.sweepDelayMinMs);
  write(removalOf('soon'), removalOf('late'), removalOf('early'));
  expect(writer.nextSweepMs()).toBe(limits.sweepDelayMaxMs);
});

test('what has ended is removed with a revision of its own', async () => {
  const { writer, clock, write, state, rows } = await openTurned();
  write(putOf('a', 1_000), putOf('b', 2_000), putOf('c'));
  clock.nowMs += 1_000;
  expect(writer.sweep()).toEqual({ ended: 1, againMs: 1_000 });
  expect(state()).toMatchObject({ revision: 4, keys: 2, removals: 1 });
  expect(rows()).toBe(3);
});

test('many that end at once are worked on in steps', async () => {
  const { writer, clock, write, state } = await openTurned();
  const count = limits.sweepRowsMax + 5;
  write(...Array.from({ length: count }, (_, i) => putOf(`k${i}`, 10)));
  clock.nowMs += 10;
  expect(writer.sweep()).toEqual({ ended: limits.sweepRowsMax, againMs: limits.sweepPauseMs });
  expect(writer.sweep().ended).toBe(5);
  expect(state()).toMatchObject({ keys: 0, removals: count, storedBytes: 0 });
});

test('a removal is forgotten after its time, and feeds from before it are gone', async () => {
  const { writer, clock, write, state, rows } = await openTurned();
  write(putOf('a'), putOf('b'), removalOf('a'));
  clock.nowMs += 1_000;
  write(removalOf('b'));
  clock.nowMs += limits.removalRetentionMs - 1_000;
  expect(writer.sweep()).toEqual({ ended: 0, againMs: 1_000 });
  expect(state()).toMatchObject({ removals: 1, feedFloor: 3, revision: 4 });
  expect(rows()).toBe(1);
});

test('a key that came back is not forgotten', async () => {
  const { writer, clock, write, state, rows } = await openTurned();
  write(putOf('a'), removalOf('a'), putOf('a'));
  expect(state()).toMatchObject({ keys: 1, removals: 0 });
  clock.nowMs += 2 * limits.removalRetentionMs;
  writer.sweep();
  expect(state()).toMatchObject({ keys: 1, feedFloor: 0 });
  expect(rows()).toBe(1);
});

test('of too many removals the oldest are forgotten', async () => {
  const { db, writer, clock, write, state } = await openTurned();
  write(putOf('a'), putOf('b'), removalOf('a'));
  clock.nowMs += 1;
  write(removalOf('b'));
  // as if so many others had been there
  db.prepare('UPDATE store SET removal_count = ?').run(limits.removalsMax + 1);
  expect(writer.nextSweepMs()).toBe(limits.sweepDelayMinMs);
  writer.sweep();
  expect(state()).toMatchObject({ removals: limits.removalsMax, feedFloor: 3 });
});

test('without room, removals and ends leave nothing behind, and feeds begin anew', async () => {
  const { writer, clock, write, state, rows } = await openTurned({ hasRoom: false });
  write(putOf('a'), putOf('b', 1_000), putOf('c'));
  write(removalOf('a'));
  expect(state()).toMatchObject({ keys: 2, removals: 0, feedFloor: 4 });
  clock.nowMs += 1_000;
  expect(writer.sweep().ended).toBe(1);
  expect(state()).toMatchObject({ keys: 1, removals: 0, feedFloor: 5, revision: 5 });
  expect(rows()).toBe(1);
});

test('a failure is left to the next write, which heals the store', async () => {
  const { db, writer, clock, write, state } = await openTurned();
  write(putOf('a', 1_000));
  clock.nowMs += 1_000;
  breakWrites(db);
  expect(writer.sweep()).toEqual({ ended: 0, againMs: limits.storeHealPauseMs });
  expect(writer.sweep()).toEqual({ ended: 0, againMs: limits.storeHealPauseMs });
  write(putOf('b'));
  expect(writer.sweep().ended).toBe(1);
  expect(state()).toMatchObject({ keys: 1, removals: 1 });
});

test('a sweep of many entries bounds the log, though nobody writes', async () => {
  const { db, writer, clock, write, rows } = await openTurned();
  write(putOf('k', 1));
  const many = 2 * limits.logPagesMax;
  // a page for each, so that each leaves a page in the log
  db.exec(`INSERT INTO entries (database, lookup, data_key_id, revision, expires_at, name, value)
    SELECT 0, randomblob(32), data_key_id, id + n, expires_at, zeroblob(3000), value
    FROM entries, (WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c LIMIT ${many})
      SELECT n FROM c)`);
  db.pragma('wal_checkpoint(TRUNCATE)');
  clock.nowMs += limits.sweepDelayMaxMs;
  let longest = 0;
  for (let ended = 1; ended > 0; ) {
    ({ ended } = writer.sweep());
    const [log] = db.pragma('wal_checkpoint(NOOP)') as { log: number }[];
    longest = Math.max(longest, log?.log ?? 0);
  }
  expect(rows()).toBe(many + 1);
  expect(longest).toBeGreaterThan(limits.logPagesMax / 2);
  expect(longest).toBeLessThan(1.5 * limits.logPagesMax);
});
