// What a store asks of the engine below it: reads, and a writer for groups of batches.
// Next: `sqlite.ts` and `postgres.ts` are engines.
import type { GroupWriter } from './group-commit.ts';
import type { Store, StoreVitals } from './store.ts';

/** What an engine knows of how it does. */
export type EngineVitals = Omit<StoreVitals, 'commitQueueDepth'>;

/** An engine that has been opened; all of it rejects with ReplyError. */
export interface Engine extends Omit<Store, 'write' | 'observe' | 'vitals'> {
  readonly writer: GroupWriter;
  /** All changes but ends come by this writer: what was read may be kept until it is changed. */
  readonly isSoleWriter: boolean;
  /**
   * Calls `listener` after changes that did not come by `writer.commit`: expiry, other replicas.
   * Gives how to end that.
   */
  watch(listener: () => void): () => void;
  /** Calls `listener` when what was read before may be of another copy of the store. */
  whenRenewed?(listener: () => void): void;
  vitals(): Promise<EngineVitals>;
  /** Lets go of what is read by; the writer is closed before. */
  close(): Promise<void>;
}
