// What the server claims to be for one key: a register that holds a value or none, can be read,
// written, removed, and written or removed on conditions. Each write has a value of its own, so a
// version (ETag) stands for a value. Used by `histories.ts` with `linearizable.ts`.
import type { Model } from './linearizable.ts';

/** The value that a condition asks for; undefined: any or none; null: none. */
export type Expected = string | null | undefined;

/** An operation with its outcome; the outcome of one that nobody knows is that it took effect. */
export type Action =
  | { readonly kind: 'get'; readonly found: string | null }
  | {
      readonly kind: 'put';
      readonly value: string;
      readonly expected: Expected;
      /** `refused`: the condition did not hold. `stored`: whether there was one is not known. */
      readonly outcome: 'created' | 'replaced' | 'stored' | 'refused';
    }
  | { readonly kind: 'remove'; readonly expected: Expected; readonly outcome: 'done' | 'refused' };

const holds = (expected: Expected, value: string | null): boolean =>
  expected === undefined || expected === value;

/** The value of a key, or null. A condition of a removal is of the value that it removes. */
export const register: Model<string | null, Action> = {
  initial: null,
  changesNothing: (action) => action.kind === 'get' || action.outcome === 'refused',
  nameOf: (value) => JSON.stringify(value),
  step(value, action) {
    if (action.kind === 'get') return action.found === value ? value : undefined;
    const isRefused = action.outcome === 'refused';
    if (holds(action.expected, value) === isRefused) return undefined;
    if (isRefused) return value;
    if (action.kind === 'remove') return null;
    const isWrong = action.outcome === (value === null ? 'replaced' : 'created');
    return isWrong ? undefined : action.value;
  },
};
