// A connection that writes, with what is prepared on it.
// Next: `writer.ts` has one at a time, and another one after a failure of the disk.
import type Database from 'better-sqlite3';
import type { Sealer } from '../sealing/sealer.ts';
import type { Batch, Change } from './change.ts';
import type { Connection } from './connection.ts';
import { prepareWrites, type Writes } from './statements.ts';
import type { StoreState } from './store.ts';

/** Whether it was busy, the pages of the log, and how many of them are in the database file. */
type LogPages = readonly [number, number, number];

export class Session {
  readonly db: Connection;
  readonly run: Writes;
  /** Runs what it is given; made once, since making it costs as much as a small transaction. */
  readonly #inTransaction: Database.Transaction<(work: () => unknown) => unknown>;
  readonly #logPages: Database.Statement<[], LogPages>;
  /** The revision that the store had at first, or got by the last transaction here. */
  #revision: number;
  #nextRevision = 0;

  /** Closes the connection if nothing can be prepared on it. */
  constructor(db: Connection) {
    this.db = db;
    try {
      const run = prepareWrites(db);
      const setState = (state: StoreState) => {
        this.#nextRevision = state.revision;
        run.setState(state);
      };
      this.run = { ...run, setState };
      this.#revision = run.state().revision;
      this.#inTransaction = db.transaction((work: () => unknown) => work());
      // it is prepared anew at each use, and so would be what makes objects of its rows
      this.#logPages = db.prepare<[], LogPages>('PRAGMA wal_checkpoint(NOOP)').raw();
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** No revision up to this one was shown in vain: it is on disk. */
  get revision(): number {
    return this.#revision;
  }

  /** Runs `work` in a transaction: on disk when this returns. */
  transact<T>(work: (run: Writes) => T): T {
    // within another transaction this one would be a savepoint, and on disk only with the other
    if (this.db.inTransaction) throw new Error('a transaction was left open');
    this.#nextRevision = this.#revision;
    const result = this.#inTransaction.immediate(() => work(this.run)) as T;
    this.#revision = this.#nextRevision;
    return result;
  }

  /**
   * Copies the write-ahead log into the database file if it has so many pages, so that the next
   * write begins it anew. Throws SqliteError: nothing is lost then, but the log goes on growing.
   */
  boundLog(pagesMax: number): void {
    const [, pages, copied] = this.#logPages.get() ?? [0, 0, 0];
    if (pages >= pagesMax && copied < pages) this.db.pragma('wal_checkpoint(PASSIVE)');
  }

  /** How many bytes of values a batch adds to what is there. */
  growthBytes(batch: Batch, sealer: Sealer): number {
    const replacedBytes = ({ database, key }: Change) => {
      const head = this.run.head(database, sealer.lookup(database, key));
      return head === undefined ? 0 : head.nameBytes + head.valueBytes;
    };
    return batch.reduce((sum, change) => {
      const addedBytes = change.op === 'put' ? change.value.byteLength : 0;
      return sum + addedBytes - replacedBytes(change);
    }, 0);
  }
}
