// What a server answers that loses, undoes or repeats writes is found; one that does not know what
// became of a write may have made it or not.
import { expect, onTestFinished, test } from 'vitest';
import { BatchLoad } from './batch-load.ts';
import { Chance } from './chance.ts';
import { HttpClient } from './http-client.ts';
import { Ledger } from './ledger.ts';
import { answering } from './lying-server.ts';
import { Revisions } from './revisions.ts';

interface Operation {
  readonly op: 'put' | 'delete' | 'add';
  readonly key: string;
  readonly value?: string;
}

/** A store of batches, whose functions a test may put others in the place of. */
class Stored {
  readonly entries = new Map<string, string>();
  revision = 0;

  make(operations: readonly Operation[]): object {
    const results = operations.map(({ op, key, value }) => {
      if (op === 'delete' && !this.entries.delete(key)) return { revision: '0' };
      this.revision += 1;
      if (op === 'put') this.entries.set(key, value ?? '');
      if (op !== 'add') return { revision: String(this.revision) };
      const sum = String(Number(this.entries.get(key) ?? 0) + 1);
      this.entries.set(key, sum);
      return { revision: String(this.revision), value: sum };
    });
    return { results };
  }

  answer(method: string, path: string, body: string): { status: number; text: string } {
    if (method === 'POST') {
      return { status: 200, text: JSON.stringify(this.make(JSON.parse(body).operations)) };
    }
    const found = this.entries.get(decodeURIComponent(path.split('/').at(-1) ?? ''));
    return found === undefined ? { status: 404, text: '' } : { status: 200, text: found };
  }
}

/** Writes a hundred batches and more to this store; gives what can be asked afterwards. */
async function loaded(stored: Stored) {
  const answers: number[] = [];
  const url = await answering(({ method, path, body }) => {
    answers.push(1);
    if (answers.length > 300) load.isOver = true;
    return stored.answer(method, path, body);
  });
  const client = new HttpClient(url, 4);
  onTestFinished(() => client.close());
  const parts = { ledger: new Ledger(), revisions: new Revisions(), chance: new Chance(1) };
  const replicas = { listening: [{ url, client }] };
  const load: BatchLoad = new BatchLoad({ ...parts, replicas, keysPerWriter: 3 }, 4);
  await load.run();
  return { load, client };
}

const PROBLEM = (code: string) => ({ status: 500, text: JSON.stringify({ code }) });

test('a store that keeps what it acknowledges is in order', async () => {
  const { load, client } = await loaded(new Stored());
  await load.expectNothingLost(client);
  expect(load.acknowledged).toBeGreaterThan(100);
  expect(load.uncertain).toBe(0);
});

test('a store that at times does not know is in order, whatever it has made', async () => {
  const stored = new Stored();
  let count = 0;
  const { load, client } = await loaded(
    Object.assign(stored, {
      answer: (method: string, path: string, body: string) => {
        count += 1;
        if (method !== 'POST' || count % 5 !== 0) {
          return Stored.prototype.answer.call(stored, method, path, body);
        }
        if (count % 2 === 0) stored.make(JSON.parse(body).operations);
        return PROBLEM('DKV_WRITE_UNCERTAIN');
      },
    }),
  );
  await load.expectNothingLost(client);
  expect(load.uncertain).toBeGreaterThan(5);
});

test('a write that is refused is not to be made', async () => {
  const stored = new Stored();
  const answer = (method: string, path: string, body: string) => {
    const answered = Stored.prototype.answer.call(stored, method, path, body);
    const isRefused = method === 'POST' && stored.revision > 100;
    return isRefused ? PROBLEM('DKV_STORE_UNAVAILABLE') : answered;
  };
  const { load, client } = await loaded(Object.assign(stored, { answer }));
  await expect(load.expectNothingLost(client)).rejects.toThrow('must be there');
});

test('a write that is lost is found', async () => {
  const stored = new Stored();
  const { load, client } = await loaded(stored);
  stored.entries.delete([...stored.entries.keys()].find((key) => !key.includes('counter')) ?? '');
  await expect(load.expectNothingLost(client)).rejects.toThrow('found nothing, but');
});

test('an addition that is made twice is found', async () => {
  const stored = new Stored();
  const { load, client } = await loaded(stored);
  stored.make([{ op: 'add', key: '2/counter' }]);
  await expect(load.expectNothingLost(client)).rejects.toThrow('2/counter: found');
});

test('a write that is undone is found when it is read back', async () => {
  const stored = new Stored();
  const answer = (method: string, path: string, body: string) => {
    const before = new Map(stored.entries);
    const answered = Stored.prototype.answer.call(stored, method, path, body);
    if (stored.revision > 100) for (const [key, value] of before) stored.entries.set(key, value);
    return answered;
  };
  await expect(loaded(Object.assign(stored, { answer }))).rejects.toThrow('must be there');
});

test('a revision that comes twice or goes back is found', async () => {
  for (const wrong of [0, 50]) {
    const stored = new Stored();
    const make = (operations: readonly Operation[]) => {
      if (stored.revision > 100) stored.revision -= wrong === 0 ? 1 : wrong;
      return Stored.prototype.make.call(stored, operations);
    };
    const found = /came after \d+ was acknowledged|was given twice|stands for/;
    await expect(loaded(Object.assign(stored, { make }))).rejects.toThrow(found);
  }
});

test.each(['DKV_ENTRY_UNREADABLE', 'DKV_INTERNAL'])('%s is never right', async (code) => {
  const answer = () => PROBLEM(code);
  await expect(loaded(Object.assign(new Stored(), { answer }))).rejects.toThrow(code);
});
