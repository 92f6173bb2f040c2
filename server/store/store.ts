// What a store does, whatever its engine: the contract between the routes and the engines.
// Next: `opened-store.ts` keeps it on what `engine.ts` asks of SQLite and Postgres;
// test/server/store-contract.ts is the contract in full.
import type { SealingVitals } from '../sealing/rotation.ts';
import type { Batch, WriteResult } from './change.ts';

/** An entry as it is read. */
export interface Entry {
  readonly value: Buffer;
  readonly contentType: string;
  readonly revision: number;
  /** Milliseconds since 1970, or null for never. */
  readonly expiresAtMs: number | null;
}

/** An entry with its name; `value` is empty where it was not asked for. */
export interface NamedEntry extends Entry {
  readonly key: string;
}

/** What to go through: the entries of a database, in a stable order that is not that of names. */
export interface ScanRequest {
  readonly database: number;
  /** Where the page before ended; undefined: from the beginning. */
  readonly after?: Buffer | undefined;
  /** Only keys that begin so. */
  readonly prefix?: string | undefined;
  /** The most entries of a page. */
  readonly limit: number;
  readonly withValues: boolean;
}

/** A page: fewer entries than asked for do not mean the end, `next` undefined does. */
export interface ScanPage {
  readonly entries: readonly NamedEntry[];
  /** Entries that are damaged and cannot be shown. */
  readonly unreadable: number;
  readonly next: Buffer | undefined;
}

/** The last thing that happened to a key. */
export type FeedEvent =
  | { readonly kind: 'put'; readonly key: string; readonly revision: number; readonly entry: Entry }
  | { readonly kind: 'remove' | 'expire'; readonly key: string; readonly revision: number };

export interface FeedRequest {
  readonly database: number;
  readonly afterRevision: number;
  readonly limit: number;
  readonly withValues: boolean;
}

/** Events in the order of their revisions. */
export interface FeedPage {
  readonly events: readonly FeedEvent[];
  readonly unreadable: number;
  /** All up to this revision has been told. */
  readonly revision: number;
  /** More is there already. */
  readonly hasMore: boolean;
}

/** What a store holds at one moment. */
export interface StoreState {
  readonly revision: number;
  /** Removals up to this revision are forgotten: no feed can go on from before it. */
  readonly feedFloor: number;
  readonly keys: number;
  /** Bytes of names and values as they are stored. */
  readonly storedBytes: number;
  /** Removals that are remembered for feeds. */
  readonly removals: number;
}

/** A file system, as whoever writes the store may use it: quotas and caches are not seen. */
export interface VolumeRoom {
  /** What is used and what is available, together: not what is kept for root alone. */
  readonly sizeBytes: number;
  readonly availableBytes: number;
}

/** How the store does at one moment. */
export interface StoreVitals {
  /** Batches that wait for their commit to begin. */
  readonly commitQueueDepth: number;
  readonly connectionsOpen: number;
  /** Connections that have nothing to do. */
  readonly connectionsIdle: number;
  readonly connectionsMax: number;
  /** Undefined where the store is in no file of this machine. */
  readonly fileBytes?: number | undefined;
  readonly logBytes?: number | undefined;
  /** Undefined where nobody here can look at the volume that the store is on. */
  readonly volume?: VolumeRoom | undefined;
  /** Undefined where nothing rotates keys. */
  readonly sealing?: SealingVitals | undefined;
}

/** Told of what is asked of the store, for its metrics. */
export interface StoreObserver {
  /** `seconds`: how long it took, the wait for a commit counted in. */
  asked(operation: 'get' | 'write' | 'scan' | 'changes', seconds: number, failed: boolean): void;
  /** A commit begins that so many batches share. */
  grouped(batches: number): void;
}

/** How writes reach the disk: a write-ahead log, a rollback journal, not at all, or elsewhere. */
export type JournalMode = 'wal' | 'truncate' | 'memory';

export interface StoreInfo {
  readonly engine: 'sqlite' | 'postgres';
  readonly storeId: string;
  /** Another one after each restore: revisions count anew. */
  readonly incarnation: string;
  readonly schemaVersion: number;
  /** Postgres: `server`, since it keeps its own log. */
  readonly journalMode: JournalMode | 'server';
}

/**
 * A key-value store. Keys are non-empty well-formed strings, values are bytes; callers check
 * bounds. All reject with ReplyError.
 */
export interface Store {
  /** The entry, or undefined. Rejects with DKV_ENTRY_UNREADABLE rather than give a wrong one. */
  get(database: number, key: string): Promise<Entry | undefined>;
  /**
   * Makes a batch, all or nothing. When it resolves with results, the changes are on disk. When it
   * rejects with DKV_WRITE_UNCERTAIN they may or may not have been kept; with DKV_STORE_FULL,
   * DKV_SERVER_BUSY or DKV_STORE_UNAVAILABLE they were not.
   */
  write(batch: Batch): Promise<WriteResult>;
  /** A page of the entries. Bounded in rows and time. */
  scan(request: ScanRequest): Promise<ScanPage>;
  /**
   * What happened after a revision: for each key the last event. Rejects with DKV_REVISION_GONE
   * where removals after that revision may have been forgotten; 0 is never gone.
   */
  changes(request: FeedRequest): Promise<FeedPage>;
  /** Calls `listener` after each change that may be one of interest; gives how to end that. */
  watch(listener: () => void): () => void;
  state(): Promise<StoreState>;
  vitals(): Promise<StoreVitals>;
  /** From now on tells this observer; the last one counts. */
  observe(observer: StoreObserver): void;
  /** Resolves if the store can serve reads and writes; heals it first where that is possible. */
  ping(): Promise<void>;
  info(): StoreInfo;
  /** Lets go of everything; nothing may be called after. */
  close(): Promise<void>;
}
