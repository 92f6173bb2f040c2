// Which changes share a commit, and that each is answered with its own outcome, when that commit is
// over. The writer is the test's own, so that it says when a commit ends.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../server/limits.ts';
import { textType } from '../../../../server/sealing/content.ts';
import type { Batch, Outcome, WriteResult } from '../../../../server/store/change.ts';
import { GroupCommit, type GroupWriter } from '../../../../server/store/group-commit.ts';

const put = (key: string, bytes = 1): Batch => [
  { op: 'put', database: 0, key, value: Buffer.alloc(bytes), contentType: textType },
];

/** An outcome that can be told from others. */
const made = (revision: number): WriteResult => ({
  results: [{ revision, created: false, expiresAtMs: null }],
});

/** A writer whose commits the test ends, in their order. */
function heldWriter() {
  const groups: string[][] = [];
  const ends: PromiseWithResolvers<readonly Outcome[]>[] = [];
  const state = { closed: false };
  const writer: GroupWriter = {
    commit(batches) {
      groups.push(batches.flatMap((batch) => batch.map(({ key }) => key)));
      const end = Promise.withResolvers<readonly Outcome[]>();
      ends.push(end);
      return end.promise;
    },
    ping: async () => {},
    close: async () => {
      state.closed = true;
    },
  };
  const next = () => ends.shift() ?? expect.fail('no commit is under way');
  return { writer, groups, state, next };
}

/** Lets what waits for this turn of the event loop begin. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i += 1) await turn();
}

describe('changes', () => {
  test('that come in one turn share a commit, in their order', async () => {
    const { writer, groups, next } = heldWriter();
    const commits = new GroupCommit(writer);
    const answers = ['a', 'b', 'c'].map((key) => commits.submit(put(key)));
    await settle();
    expect(groups).toEqual([['a', 'b', 'c']]);
    next().resolve([7, 0, 8].map(made));
    expect(await Promise.all(answers)).toEqual([7, 0, 8].map(made));
  });

  test('that come while a commit is under way share the next one', async () => {
    const { writer, groups, next } = heldWriter();
    const commits = new GroupCommit(writer);
    const first = commits.submit(put('a'));
    await settle();
    const later = [commits.submit(put('b')), commits.submit(put('c'))];
    await settle();
    expect(groups).toEqual([['a']]);
    expect(commits.depth).toBe(2);
    next().resolve([made(1)]);
    expect(await first).toEqual(made(1));
    await settle();
    expect(groups).toEqual([['a'], ['b', 'c']]);
    next().resolve([made(2), made(3)]);
    expect(await Promise.all(later)).toEqual([made(2), made(3)]);
    expect(commits.depth).toBe(0);
  });

  test('are not answered before their commit is over', async () => {
    const { writer, next } = heldWriter();
    let isAnswered = false;
    const answer = new GroupCommit(writer).submit(put('a')).then(() => {
      isAnswered = true;
    });
    await settle();
    expect(isAnswered).toBe(false);
    next().resolve([made(1)]);
    await answer;
    expect(isAnswered).toBe(true);
  });

  test('fail each for itself', async () => {
    const { writer, next } = heldWriter();
    const commits = new GroupCommit(writer);
    const [kept, refused] = [commits.submit(put('a')), commits.submit(put('b'))];
    const cause = new Error('no room');
    await settle();
    next().resolve([made(1), { code: 'DKV_STORE_FULL', cause }]);
    await expect(refused).rejects.toMatchObject({ code: 'DKV_STORE_FULL', cause });
    expect(await kept).toEqual(made(1));
  });

  test('all fail when nobody knows what became of them, and the next are tried', async () => {
    const { writer, next } = heldWriter();
    const commits = new GroupCommit(writer);
    const [one, two] = [commits.submit(put('a')), commits.submit(put('b'))];
    await settle();
    next().reject(new Error('the writer has ended'));
    await expect(one).rejects.toThrow('the writer has ended');
    await expect(two).rejects.toThrow('the writer has ended');
    const three = commits.submit(put('c'));
    await settle();
    next().resolve([made(3)]);
    expect(await three).toEqual(made(3));
  });

  test('without an outcome are uncertain', async () => {
    const { writer, next } = heldWriter();
    const answer = new GroupCommit(writer).submit(put('a'));
    await settle();
    next().resolve([]);
    await expect(answer).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  });
});

describe('a group is bounded', () => {
  test('in number', async () => {
    const { writer, groups, next } = heldWriter();
    const commits = new GroupCommit(writer);
    const count = limits.groupChangesMax + 5;
    for (let i = 0; i < count; i += 1) void commits.submit(put(`k${i}`));
    await settle();
    next().resolve(Array(limits.groupChangesMax).fill(made(1)));
    await settle();
    expect(groups.map(({ length }) => length)).toEqual([limits.groupChangesMax, 5]);
    next().resolve(Array(5).fill(made(1)));
  });

  test('in bytes, but one change always goes', async () => {
    const { writer, groups, next } = heldWriter();
    const commits = new GroupCommit(writer);
    void commits.submit(put('large', limits.groupBytesMax));
    void commits.submit(put('half', limits.groupBytesMax / 2));
    void commits.submit(put('other half', limits.groupBytesMax / 2));
    void commits.submit(put('small'));
    for (let i = 0; i < 3; i += 1) {
      await settle();
      next().resolve([made(1), made(1), made(1)]);
    }
    await settle();
    expect(groups).toEqual([['large'], ['half'], ['other half', 'small']]);
  });

  test('in number of changes, but no batch is taken apart', async () => {
    const { writer, groups, next } = heldWriter();
    const commits = new GroupCommit(writer);
    const half = (name: string): Batch =>
      Array.from({ length: limits.groupChangesMax / 2 }, (_, i) => put(`${name}${i}`)[0]).filter(
        (change) => change !== undefined,
      );
    for (const name of ['a', 'b', 'c']) void commits.submit(half(name));
    await settle();
    next().resolve([made(1), made(2)]);
    await settle();
    expect(groups.map(({ length }) => length)).toEqual([
      limits.groupChangesMax,
      limits.groupChangesMax / 2,
    ]);
    next().resolve([made(3)]);
  });

  test('and so is what waits: more is refused, and nothing of it is done', async () => {
    const { writer, groups, next } = heldWriter();
    const commits = new GroupCommit(writer);
    const answers = Array.from({ length: limits.writesWaitingMax }, (_, i) =>
      commits.submit(put(`k${i}`)),
    );
    const refused = await commits.submit(put('too much')).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DKV_SERVER_BUSY', headers: { 'retry-after': '1' } });
    for (let left = answers.length; left > 0; left -= limits.groupChangesMax) {
      await settle();
      next().resolve(Array(limits.groupChangesMax).fill(made(1)));
    }
    await Promise.all(answers);
    expect(groups.flat()).not.toContain('too much');
  });

  test('and in bytes, too, which come back as commits begin', async () => {
    const { writer, groups, next } = heldWriter();
    const commits = new GroupCommit(writer);
    const [large] = put('large', limits.groupBytesMax);
    const count = Math.floor(limits.writesWaitingBytesMax / (limits.groupBytesMax + 100));
    const submit = () => commits.submit(large === undefined ? [] : [large]);
    const answers = Array.from({ length: count }, submit);
    await expect(submit()).rejects.toMatchObject({ code: 'DKV_SERVER_BUSY' });
    answers.push(commits.submit(put('small')));
    await settle();
    expect(commits.depth).toBe(count);
    answers.push(submit());
    await expect(submit()).rejects.toMatchObject({ code: 'DKV_SERVER_BUSY' });
    while (commits.depth > 0) {
      next().resolve([made(1), made(1)]);
      await settle();
    }
    next().resolve([made(1), made(1)]);
    await Promise.all(answers);
    expect(groups.flat()).toHaveLength(count + 2);
    await expect(Promise.race([submit(), 'waits'])).resolves.toBe('waits');
  });
});

test('closing waits for what was submitted', async () => {
  const { writer, state, next } = heldWriter();
  const commits = new GroupCommit(writer);
  const answer = commits.submit(put('a'));
  const closed = commits.close();
  await settle();
  expect(state.closed).toBe(false);
  next().resolve([made(1)]);
  await closed;
  expect(state.closed).toBe(true);
  expect(await answer).toEqual(made(1));
});
