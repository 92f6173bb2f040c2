// The contract of a store: what every engine does, and what the rest of the server may rely on.
// Next: `open.ts` chooses an engine, `sqlite.ts` is one.

export interface PutOptions {
  /** Write only if the key does not exist. */
  readonly ifAbsent?: boolean;
}

/** What a write did: `revision` counts the changes of the whole store. */
export type PutResult =
  | { readonly stored: true; readonly revision: number }
  | { readonly stored: false };

export type RemoveResult =
  | { readonly removed: true; readonly revision: number }
  | { readonly removed: false };

/** How writes reach the disk: a write-ahead log, a rollback journal, or not at all. */
export type JournalMode = 'wal' | 'truncate' | 'memory';

export interface StoreInfo {
  readonly engine: 'sqlite';
  readonly storeId: string;
  /** Another one after each restore: revisions count anew. */
  readonly incarnation: string;
  readonly schemaVersion: number;
  readonly journalMode: JournalMode;
}

/**
 * A key-value store. Keys are non-empty well-formed strings, values are bytes; callers check
 * bounds. When `put` or `remove` resolves, the change is on disk. When it rejects with
 * DKV_WRITE_UNCERTAIN the change may or may not have been kept; with DKV_STORE_FULL or
 * DKV_STORE_UNAVAILABLE it was not.
 */
export interface Store {
  /** The value, or undefined. Rejects with DKV_ENTRY_UNREADABLE rather than give a wrong one. */
  get(database: number, key: string): Promise<Buffer | undefined>;
  put(database: number, key: string, value: Uint8Array, options?: PutOptions): Promise<PutResult>;
  remove(database: number, key: string): Promise<RemoveResult>;
  /** Resolves if the store can serve reads and writes; heals it first where that is possible. */
  ping(): Promise<void>;
  info(): StoreInfo;
  /** Lets go of everything; nothing may be called after. */
  close(): Promise<void>;
}
