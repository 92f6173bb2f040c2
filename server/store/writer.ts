// The writer: makes groups of changes durable, one commit each, on the only connection that writes;
// and trusts no connection after a failure of the disk.
// Next: `statements.ts` for the SQL, `reserve.ts` for a full disk.
import Database from 'better-sqlite3';
import type { BaseLogger } from 'pino';
import type { ReplyErrorCode } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { Change, Outcome } from './change.ts';
import { boundLog, type Connection, freeBytes, withoutGrowth } from './connection.ts';
import { isBusy, isFull, isReadOnly } from './failures.ts';
import type { Reserve } from './reserve.ts';
import { keyKeeper, prepareWrites, type Writes } from './statements.ts';

export interface WriterParts {
  /** A durable connection: settings read back, log emptied, a write made. */
  readonly db: Connection;
  /** Makes another such connection; throws if the disk does not bear it. */
  readonly reconnect: () => Connection;
  readonly sealer: Sealer;
  /** Room for a full disk; a store without files has none. */
  readonly reserve?: Reserve | undefined;
  readonly log: Pick<BaseLogger, 'info' | 'warn' | 'error'>;
  readonly nowMs?: () => number;
}

interface Session {
  readonly db: Connection;
  readonly run: Writes;
}

function sessionOn(db: Connection): Session {
  try {
    return { db, run: prepareWrites(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

export class Writer {
  readonly #parts: WriterParts;
  #session: Session;
  /** The disk failed: no write is acknowledged before a new connection has proved itself. */
  #suspect = false;
  /** Proving a connection holds up all writes, so a try that failed is followed by a pause. */
  #pause: { readonly endMs: number; readonly cause: unknown } | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#session = sessionOn(parts.db);
  }

  /**
   * Makes the changes, in their order. When it returns, what has a revision is on disk; nothing is
   * thrown, since one change may succeed where another fails.
   */
  commit(changes: readonly Change[]): Outcome[] {
    const outcomes = this.#commitTogether(changes) ?? changes.map((one) => this.#commitAlone(one));
    this.#boundLog();
    return outcomes;
  }

  /**
   * After a failure: a new connection that has proved itself replaces the old one, which keeps
   * SQLite from taking up frames of the log whose sync has failed. Throws why that cannot be.
   */
  heal(): void {
    if (!this.#suspect) return;
    const nowMs = this.#parts.nowMs ?? (() => performance.now());
    if (this.#pause !== undefined && nowMs() < this.#pause.endMs) throw this.#pause.cause;
    const old = this.#session.db;
    try {
      if (old.inTransaction) old.exec('ROLLBACK');
      this.#session = sessionOn(this.#parts.reconnect());
    } catch (cause) {
      this.#pause = { endMs: nowMs() + limits.storeHealPauseMs, cause };
      throw cause;
    }
    old.close();
    this.#suspect = false;
    this.#pause = undefined;
    this.#parts.log.warn('the store works again after a failure of the disk');
  }

  close(): void {
    this.#session.db.close();
  }

  /** One commit for all; undefined where nothing was written and each has to be tried by itself. */
  #commitTogether(changes: readonly Change[]): Outcome[] | undefined {
    const { reserve } = this.#parts;
    if (changes.length < 2 || this.#suspect) return undefined;
    if (reserve !== undefined && !reserve.restore()) return undefined;
    try {
      return this.#transact(changes);
    } catch (error) {
      // what is too much together may fit in part
      if (isFull(error) && !this.#session.db.inTransaction) return undefined;
      const outcome = this.#failed(error);
      return changes.map(() => outcome);
    }
  }

  #commitAlone(change: Change): Outcome {
    // the change before this one may have met a failure of the disk
    try {
      this.heal();
    } catch (cause) {
      return { code: 'DKV_STORE_UNAVAILABLE', cause };
    }
    const write = () => this.#transact([change])[0] ?? 0;
    try {
      return change.op === 'put' ? this.#putWithinRoom(change, write) : this.#removeAnyway(write);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #removeAnyway(write: () => Outcome): Outcome {
    return this.#parts.reserve?.spendOn(isFull, write) ?? write();
  }

  /** The reserve is for removals: what would not fit even then is refused without it. */
  #putWithinRoom({ database, key, value }: Change & { op: 'put' }, write: () => Outcome): Outcome {
    const { reserve, sealer } = this.#parts;
    if (reserve === undefined) return write();
    const { db, run } = this.#session;
    const inFreePages = () => withoutGrowth(db, write);
    if (!reserve.restore()) return inFreePages();
    const replacedBytes = () => run.value(sealer.lookup(database, key))?.value.length ?? 0;
    const wantsRoom = (error: unknown) =>
      isFull(error) && freeBytes(db) >= value.byteLength - replacedBytes();
    return reserve.spendOn(wantsRoom, write, inFreePages);
  }

  #transact(changes: readonly Change[]): number[] {
    const { db, run } = this.#session;
    // within another transaction this one would be a savepoint, and on disk only with the other
    if (db.inTransaction) throw new Error('a transaction was left open');
    const steps = this.#steps(changes);
    const transaction = db.transaction(() => {
      const before = run.revision();
      let revision = before;
      const outcomes = steps.map((step) => {
        if (!step(run, revision + 1)) return 0;
        revision += 1;
        return revision;
      });
      if (revision > before) run.setRevision(revision);
      return outcomes;
    });
    return transaction.immediate();
  }

  /** What each change does; sealed before the transaction, which a new data key must outlive. */
  #steps(changes: readonly Change[]): ((run: Writes, revision: number) => boolean)[] {
    const { sealer } = this.#parts;
    const puts = changes.filter(({ op }) => op === 'put').length;
    const key = puts === 0 ? undefined : sealer.keyForEntries(puts, keyKeeper(this.#session.db));
    return changes.map((change) => {
      if (change.op === 'remove' || key === undefined) {
        return removal(sealer.lookup(change.database, change.key));
      }
      const entry = sealer.sealEntry(change.database, change.key, change.value, key);
      return (run, revision) => {
        if (change.ifAbsent && run.has(entry.lookup)) return false;
        run.put(entry, revision);
        return true;
      };
    });
  }

  /** What was written is on disk already, in the log: a failure here is one of later writes. */
  #boundLog(): void {
    if (this.#suspect) return;
    try {
      boundLog(this.#session.db);
    } catch (error) {
      // then the log has no room to grow either, and a removal gives up the reserve
      if (isFull(error)) return;
      this.#suspect = true;
      const says = 'the write-ahead log could not be copied into the database file';
      this.#parts.log.error({ err: error }, says);
    }
  }

  #failed(cause: unknown): Outcome {
    if (!(cause instanceof Database.SqliteError)) return { code: 'DKV_INTERNAL', cause };
    const isOver = !this.#session.db.inTransaction;
    const failure = (code: ReplyErrorCode): Outcome => ({ code, cause });
    if (isOver && isFull(cause)) return failure('DKV_STORE_FULL');
    if (isOver && isBusy(cause)) return failure('DKV_STORE_UNAVAILABLE');
    this.#suspect = true;
    const wroteNothing = isOver && isReadOnly(cause);
    return failure(wroteNothing ? 'DKV_STORE_UNAVAILABLE' : 'DKV_WRITE_UNCERTAIN');
  }
}

const removal =
  (lookup: Buffer) =>
  (run: Writes): boolean => {
    if (!run.has(lookup)) return false;
    run.remove(lookup);
    return true;
  };
