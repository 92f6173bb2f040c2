// Random changes against a plain map: a part of the contract that every engine keeps.
// Used by `store-contract.ts`.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import type { OpenForTest } from './support/store-under-test.ts';

const keys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const values = fc.uint8Array({ maxLength: 5_000 });
const databases = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(2 ** 31 - 1));

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

/** Declares the tests with random changes. */
export function properties(open: OpenForTest): void {
  test('any sequence of changes leaves what a map would hold', async () => {
    const { store } = await open();
    const model = new Map<string, Buffer>();
    const nameOf = ({ database, key }: Step) => `${database}/${key}`;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        for (const step of sequence) {
          await apply(store, step, model, nameOf(step));
          const held = await valueAt(store, step.database, step.key);
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
    expect((await remove(store, database, key)).removed).toBe(had);
    model.delete(name);
    return;
  }
  const ifAbsent = kind === 'putNew';
  const { stored } = await put(store, database, key, value, { ifAbsent });
  expect(stored).toBe(!(ifAbsent && had));
  if (stored) model.set(name, Buffer.from(value));
}
