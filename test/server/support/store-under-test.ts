// A store as the contract's tests get it, whatever its engine.
// Next: `../store-contract.ts` declares the tests, each engine's own file says how to open it.
import type { Store } from '../../../server/store/store.ts';

/** How a test gets at an engine. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Closes the store and opens the same data again; undefined where data ends with the store. */
  readonly reopen: (() => Promise<Store>) | undefined;
  /** Closes the store and fails if its files are not whole. */
  readonly checkAndClose: () => Promise<void>;
}

export type OpenForTest = () => Promise<StoreUnderTest>;
