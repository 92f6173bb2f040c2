// Reads of entries that share statements: who gets which answer, how many are under way, and what a
// failure costs.
import { expect, test } from 'vitest';
import { ReplyError } from '../../../../../server/errors.ts';
import { limits } from '../../../../../server/limits.ts';
import { Gets } from '../../../../../server/store/postgres/gets.ts';
import type { FoundRow, Statement } from '../../../../../server/store/postgres/statements.ts';

interface Asked {
  readonly targets: number;
  readonly answer: (rows: Partial<FoundRow>[]) => void;
  readonly fail: (error: Error) => void;
}

/** A pool whose answers the test gives. */
function poolInHand() {
  const asked: Asked[] = [];
  const read = (statement: Statement<unknown>) =>
    new Promise<never[]>((resolve, reject) => {
      const [databases] = statement.config.values ?? [];
      // the head of an array of Postgres holds how many elements it has
      const targets = (databases as Buffer).readInt32BE(12);
      asked.push({ targets, answer: (rows) => resolve(rows as never[]), fail: reject });
    });
  return { asked, gets: new Gets({ read: read as never }) };
}

const target = (at: number) => ({ database: 0, lookup: Buffer.alloc(32, at) });
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const row = (at: number, text: string | null): Partial<FoundRow> => ({
  at,
  revision: at,
  value: text === null ? null : Buffer.from(text),
});

test('what comes in one turn shares a statement, and each gets its own answer', async () => {
  const { asked, gets } = poolInHand();
  const found = Promise.all([0, 1, 2, 3].map((at) => gets.get(target(at))));
  await turn();
  expect(asked.map(({ targets }) => targets)).toEqual([4]);
  asked[0]?.answer([row(4, 'd'), row(1, 'a'), row(2, 'b')]);
  expect((await found).map((one) => one?.value.toString())).toEqual(['a', 'b', undefined, 'd']);
});

test('no more statements are under way than allowed, and what waits shares the next', async () => {
  const { asked, gets } = poolInHand();
  const { getStatementsMax, getsPerStatementMax } = limits;
  const many = getStatementsMax * getsPerStatementMax + 10;
  const found = Promise.all(Array.from({ length: many }, (_, at) => gets.get(target(at % 200))));
  for (let turns = 0; turns < 10; turns += 1) await turn();
  const full = Array.from({ length: getStatementsMax }, () => getsPerStatementMax);
  expect(asked.map(({ targets }) => targets)).toEqual(full);
  asked[1]?.answer([]);
  await turn();
  expect(asked.map(({ targets }) => targets)).toEqual([...full, 10]);
  for (const { answer } of asked) answer([]);
  expect((await found).every((one) => one === undefined)).toBe(true);
});

test('a long value is asked for by itself', async () => {
  const { asked, gets } = poolInHand();
  const found = Promise.all([gets.get(target(0)), gets.get(target(1))]);
  await turn();
  asked[0]?.answer([row(1, null), row(2, 'short')]);
  await turn();
  expect(asked.map(({ targets }) => targets)).toEqual([2, 1]);
  asked[1]?.answer([row(1, 'long')]);
  expect((await found).map((one) => one?.value.toString())).toEqual(['long', 'short']);
});

test('a long value that is gone when it is asked for is not there', async () => {
  const { asked, gets } = poolInHand();
  const found = gets.get(target(0));
  await turn();
  asked[0]?.answer([row(1, null)]);
  await turn();
  asked[1]?.answer([]);
  expect(await found).toBeUndefined();
});

test('a statement that fails is told to all who share it, and the next is asked', async () => {
  const { asked, gets } = poolInHand();
  const found = Promise.allSettled([gets.get(target(0)), gets.get(target(1))]);
  await turn();
  asked[0]?.fail(new Error('away'));
  expect((await found).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = gets.get(target(2));
  await turn();
  asked[1]?.answer([row(1, 'v')]);
  expect((await next)?.value.toString()).toBe('v');
});

test('what is damaged costs the read of it alone', async () => {
  const { asked, gets } = poolInHand();
  const found = [0, 1, 2, 3, 4].map((at) => gets.get(target(at)));
  const told = Promise.allSettled(found);
  const damage = new ReplyError('DKV_ENTRY_UNREADABLE');
  await turn();
  asked[0]?.fail(damage);
  await turn();
  // the first three, of which the third is damaged
  asked[1]?.fail(damage);
  await turn();
  asked[2]?.answer([row(1, 'a'), row(2, 'b')]);
  await turn();
  asked[3]?.fail(damage);
  await turn();
  asked[4]?.answer([row(2, 'e')]);
  expect((await told).map((one) => (one.status === 'fulfilled' ? one.value?.value : 0))).toEqual([
    ...[Buffer.from('a'), Buffer.from('b')],
    ...[0, undefined, Buffer.from('e')],
  ]);
  expect(asked.map(({ targets }) => targets)).toEqual([5, 3, 2, 1, 2]);
  await expect(found[2]).rejects.toBe(damage);
});

test('beyond a bound reads are refused', async () => {
  const { gets } = poolInHand();
  const all = Array.from({ length: limits.readsWaitingMax + 1 }, (_, at) =>
    gets.get(target(at % 9)),
  );
  await expect(all.at(-1)).rejects.toMatchObject({ code: 'DKV_SERVER_BUSY' });
});
