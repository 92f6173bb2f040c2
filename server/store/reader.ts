// The connection by which a store is read while its writer has another: opened anew once the disk
// has failed, since what it holds may be a file that is no more.
// Next: `statements.ts` for what is asked.
import type { BaseLogger } from 'pino';
import { limits } from '../limits.ts';
import type { StoredKey } from '../sealing/rotation.ts';
import { type Connection, orClose } from './connection.ts';
import { isDiskError } from './failures.ts';
import { prepareReads, type Reads, readStoredKeys } from './statements.ts';

/** By what an engine reads. */
export interface ReadAccess {
  /** Runs `read`; throws what SQLite throws. */
  read<T>(read: (reads: Reads) => T): T;
  /** All keys that the store holds. */
  keys(): StoredKey[];
  close(): void;
}

/** How a reader comes to another connection. */
export interface Renewal {
  /** Gives one to the same store, or throws. */
  readonly reopen: () => Connection;
  /** Told of the keys there before anything is read: it may be another copy. May throw, too. */
  readonly renewed: (keys: StoredKey[]) => void;
}

export class Reader implements ReadAccess {
  readonly #reopen: () => Connection;
  readonly #renewed: (keys: StoredKey[]) => void;
  readonly #log: Pick<BaseLogger, 'error'>;
  readonly #nowMs: () => number;
  #db: Connection;
  #reads: Reads;
  #isLeftBehind = false;
  #nextTryMs = Number.NEGATIVE_INFINITY;

  constructor(
    db: Connection,
    { reopen, renewed }: Renewal,
    log: Pick<BaseLogger, 'error'>,
    nowMs = () => performance.now(),
  ) {
    this.#db = db;
    this.#reopen = reopen;
    this.#renewed = renewed;
    this.#log = log;
    this.#nowMs = nowMs;
    this.#reads = prepareReads(db);
  }

  read<T>(read: (reads: Reads) => T): T {
    if (this.#isLeftBehind && !this.#renewOnceInAWhile()) {
      throw new Error('what is read could be older than what was written last');
    }
    try {
      return read(this.#reads);
    } catch (error) {
      if (!isDiskError(error) || !this.#renewOnceInAWhile()) throw error;
      return read(this.#reads);
    }
  }

  keys(): StoredKey[] {
    return readStoredKeys(this.#db);
  }

  /** Opens another connection; where that fails the old one stays. Whether it succeeded. */
  renew(): boolean {
    try {
      const db = this.#reopen();
      const reads = orClose(db, () => {
        this.#renewed(readStoredKeys(db));
        return prepareReads(db);
      });
      const old = this.#db;
      this.#db = db;
      this.#reads = reads;
      old.close();
      this.#isLeftBehind = false;
      return true;
    } catch (error) {
      this.#log.error({ err: error }, 'the store cannot be opened anew for reading');
      return false;
    }
  }

  /** The writer has a new connection: without one of its own, reading might see another file. */
  follow(): void {
    this.#isLeftBehind = !this.renew();
  }

  close(): void {
    this.#db.close();
  }

  #renewOnceInAWhile(): boolean {
    if (this.#nowMs() < this.#nextTryMs) return false;
    this.#nextTryMs = this.#nowMs() + limits.storeHealPauseMs;
    return this.renew();
  }
}
