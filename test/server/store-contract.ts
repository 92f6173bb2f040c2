// What every engine must do, as tests: each engine calls this with a way to open itself.
// Used by `store-sqlite.test.ts`; other engines will do the same.
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../server/store/store.ts';

/** How a test gets at an engine. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Closes the store and opens the same data again; undefined where data ends with the store. */
  readonly reopen: (() => Promise<Store>) | undefined;
  /** Closes the store and fails if its files are not whole. */
  readonly checkAndClose: () => Promise<void>;
}

export type OpenForTest = () => Promise<StoreUnderTest>;

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

const keys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const values = fc.uint8Array({ maxLength: 5_000 });
const databases = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(2 ** 31 - 1));

/** Declares the contract's tests for one engine. */
export function storeContract(name: string, open: OpenForTest): void {
  const opened = async (): Promise<StoreUnderTest> => {
    const subject = await open();
    onTestFinished(() => subject.checkAndClose());
    return subject;
  };
  describe(`${name} keeps the store contract:`, () => {
    reads(opened);
    writes(opened);
    conditions(opened);
    removals(opened);
    revisions(opened);
    survives(opened);
    properties(opened);
  });
}

function reads(open: OpenForTest): void {
  test('a key that was never put has no value', async () => {
    const { store } = await open();
    expect(await store.get(0, 'missing')).toBeUndefined();
  });

  test('info names the engine, the store and how it writes', async () => {
    const { store } = await open();
    const info = store.info();
    expect(info.engine).toBe('sqlite');
    expect(info.storeId).toMatch(/^[0-9a-f-]{36}$/);
    expect(info.incarnation).toMatch(/^[0-9a-f-]{36}$/);
    expect(info.incarnation).not.toBe(info.storeId);
    expect(info.schemaVersion).toBeGreaterThanOrEqual(1);
  });

  test('ping resolves on a store that works', async () => {
    await expect((await open()).store.ping()).resolves.toBeUndefined();
  });
}

function writes(open: OpenForTest): void {
  test('a value comes back byte by byte', async () => {
    const { store } = await open();
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await store.put(0, 'bytes', all);
    expect(await store.get(0, 'bytes')).toEqual(all);
  });

  test('an empty value is a value', async () => {
    const { store } = await open();
    await store.put(0, 'empty', bytes(''));
    expect(await store.get(0, 'empty')).toEqual(bytes(''));
  });

  test('a second put replaces the first, longer or shorter', async () => {
    const { store } = await open();
    await store.put(0, 'k', bytes('a much longer first value'));
    await store.put(0, 'k', bytes('short'));
    expect(await store.get(0, 'k')).toEqual(bytes('short'));
    await store.put(0, 'k', bytes('and long again, longer than ever before'));
    expect(await store.get(0, 'k')).toEqual(bytes('and long again, longer than ever before'));
  });

  test('a value of one mebibyte and a key of one kibibyte are kept', async () => {
    const { store } = await open();
    const value = Buffer.alloc(1024 * 1024, 'x');
    const key = 'k'.repeat(1024);
    await store.put(2 ** 31 - 1, key, value);
    expect(await store.get(2 ** 31 - 1, key)).toEqual(value);
  });

  test('databases do not see each other', async () => {
    const { store } = await open();
    await store.put(1, 'k', bytes('one'));
    await store.put(2, 'k', bytes('two'));
    expect(await store.get(1, 'k')).toEqual(bytes('one'));
    expect(await store.get(2, 'k')).toEqual(bytes('two'));
    expect(await store.get(0, 'k')).toBeUndefined();
  });

  test('keys that look alike are different keys', async () => {
    const { store } = await open();
    const alike = [
      'a',
      'A',
      'a ',
      ' a',
      'a\0',
      '\0',
      'é',
      'e\u0301',
      '1',
      '01',
      '__proto__',
      '%00',
    ];
    for (const key of alike) await store.put(0, key, bytes(`value of ${key}`));
    for (const key of alike) expect(await store.get(0, key)).toEqual(bytes(`value of ${key}`));
  });
}

function conditions(open: OpenForTest): void {
  test('ifAbsent stores a new key', async () => {
    const { store } = await open();
    const result = await store.put(0, 'k', bytes('first'), { ifAbsent: true });
    expect(result.stored).toBe(true);
    expect(await store.get(0, 'k')).toEqual(bytes('first'));
  });

  test('ifAbsent leaves an existing key alone and says so', async () => {
    const { store } = await open();
    await store.put(0, 'k', bytes('first'));
    expect(await store.put(0, 'k', bytes('second'), { ifAbsent: true })).toEqual({ stored: false });
    expect(await store.get(0, 'k')).toEqual(bytes('first'));
  });

  test('ifAbsent stores a key again once it was removed', async () => {
    const { store } = await open();
    await store.put(0, 'k', bytes('first'));
    await store.remove(0, 'k');
    expect((await store.put(0, 'k', bytes('second'), { ifAbsent: true })).stored).toBe(true);
  });

  test('of many writers at once with ifAbsent exactly one wins', async () => {
    const { store } = await open();
    const tries = Array.from({ length: 20 }, (_, i) =>
      store.put(0, 'k', bytes(`writer ${i}`), { ifAbsent: true }),
    );
    const results = await Promise.all(tries);
    const winner = results.findIndex(({ stored }) => stored);
    expect(results.filter(({ stored }) => stored)).toHaveLength(1);
    expect(await store.get(0, 'k')).toEqual(bytes(`writer ${winner}`));
  });
}

function removals(open: OpenForTest): void {
  test('a removed key has no value', async () => {
    const { store } = await open();
    await store.put(0, 'k', bytes('v'));
    expect((await store.remove(0, 'k')).removed).toBe(true);
    expect(await store.get(0, 'k')).toBeUndefined();
  });

  test('removing what is not there changes nothing and says so', async () => {
    const { store } = await open();
    await store.put(1, 'k', bytes('v'));
    expect(await store.remove(0, 'k')).toEqual({ removed: false });
    expect(await store.get(1, 'k')).toEqual(bytes('v'));
  });
}

function revisions(open: OpenForTest): void {
  test('every change raises the revision by one, and nothing else does', async () => {
    const { store } = await open();
    const seen = [
      await store.put(0, 'a', bytes('1')),
      await store.put(0, 'a', bytes('1')),
      await store.put(5, 'b', bytes('2'), { ifAbsent: true }),
      await store.put(5, 'b', bytes('3'), { ifAbsent: true }),
      await store.remove(0, 'nothing'),
      await store.remove(0, 'a'),
    ].flatMap((result) => ('revision' in result ? [result.revision] : []));
    expect(seen).toEqual([1, 2, 3, 4]);
  });
}

function survives(open: OpenForTest): void {
  test('what was written, and who the store is, outlives closing and opening', async () => {
    const { store, reopen } = await open();
    await store.put(0, 'kept', bytes('value'));
    await store.put(0, 'removed', bytes('value'));
    await store.remove(0, 'removed');
    if (reopen === undefined) return;
    const again = await reopen();
    expect(await again.get(0, 'kept')).toEqual(bytes('value'));
    expect(await again.get(0, 'removed')).toBeUndefined();
    expect(again.info()).toEqual(store.info());
    expect(await again.put(0, 'next', bytes('v'))).toEqual({ stored: true, revision: 4 });
  });
}

type Step = { kind: 'put' | 'putNew' | 'remove'; database: number; key: string; value: Uint8Array };

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('put', 'putNew', 'remove'),
    database: databases,
    key: fc.oneof(keys, fc.constantFrom('a', 'b')),
    value: values,
  }),
  { minLength: 1, maxLength: 30 },
);

function properties(open: OpenForTest): void {
  test('any sequence of changes leaves what a map would hold', async () => {
    const { store } = await open();
    const model = new Map<string, Buffer>();
    const nameOf = ({ database, key }: Step) => `${database}/${key}`;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        for (const step of sequence) {
          await apply(store, step, model, nameOf(step));
          const held = await store.get(step.database, step.key);
          expect(held).toEqual(model.get(nameOf(step)));
        }
      }),
      { numRuns: 40 },
    );
  });
}

async function apply(
  store: Store,
  { kind, database, key, value }: Step,
  model: Map<string, Buffer>,
  name: string,
): Promise<void> {
  const had = model.has(name);
  if (kind === 'remove') {
    expect((await store.remove(database, key)).removed).toBe(had);
    model.delete(name);
    return;
  }
  const ifAbsent = kind === 'putNew';
  const { stored } = await store.put(database, key, value, { ifAbsent });
  expect(stored).toBe(!(ifAbsent && had));
  if (stored) model.set(name, Buffer.from(value));
}
