// The writer: makes groups of changes durable, one commit each, on the only connection that writes;
// and trusts no connection after a failure of the disk.
// Next: `statements.ts` for the SQL, `reserve.ts` for a full disk.
import Database from 'better-sqlite3';
import type { BaseLogger } from 'pino';
import type { ReplyErrorCode, StartError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { DataKey } from '../sealing/key-ring.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import type { Batch, Outcome, WriteResult } from './change.ts';
import { type Connection, freeBytes, withoutGrowth } from './connection.ts';
import { isBusy, isDamage, isFull, isReadOnly } from './failures.ts';
import { type HealingParts, isReplaced, renewedSession } from './healing.ts';
import { Lookups } from './lookups.ts';
import type { ReadAccess } from './reader.ts';
import type { Reserve } from './reserve.ts';
import { RotationSteps } from './rotation-steps.ts';
import { Session } from './session.ts';
import { keyKeeper, readStoredKeys } from './statements.ts';
import { nextSweepMs, sweepStep } from './sweep.ts';
import { Transaction } from './transaction.ts';

export interface WriterParts extends HealingParts {
  /** A durable connection: settings read back, log emptied, a write made. */
  readonly db: Connection;
  /** Room for a full disk; a store without files has none. */
  readonly reserve?: Reserve | undefined;
  readonly log: Pick<BaseLogger, 'info' | 'warn' | 'error'>;
  /** The time of day, by which entries end. */
  readonly nowMs?: () => number;
  /** A clock that only goes on, by which healing is put off. */
  readonly steadyNowMs?: () => number;
  /** Told when a new connection has proved itself, before anything is acknowledged on it. */
  readonly healed?: () => void;
  /** Told where the process has to end, since an older copy of the store lies there. */
  readonly replaced?: (error: StartError) => void;
}

export class Writer {
  readonly #parts: WriterParts & { readonly lookups: Lookups };
  #session: Session;
  /** The disk failed: no write is acknowledged before a new connection has proved itself. */
  #suspect = false;
  /** Proving a connection holds up all writes, so a try that failed is followed by a pause. */
  #pause: { readonly endMs: number; readonly cause: unknown } | undefined;
  readonly #nowMs: () => number;
  /** Keys and entries that are to be wrapped and sealed anew. */
  readonly rotation: RotationSteps;

  constructor(parts: WriterParts) {
    this.#parts = { ...parts, lookups: new Lookups(parts.sealer) };
    this.#nowMs = parts.nowMs ?? Date.now;
    this.#session = new Session(parts.db);
    this.rotation = new RotationSteps(parts.sealer, parts.log);
  }

  /** What is read by the connection that writes; another one after healing. */
  get access(): ReadAccess {
    return {
      read: (read) => read(this.#session.run),
      keys: () => readStoredKeys(this.#session.db),
      close: () => {},
    };
  }

  /**
   * Makes the batches, in their order. When it returns, what has results is on disk; nothing is
   * thrown, since one batch may succeed where another fails.
   */
  commit(batches: readonly Batch[]): Outcome[] {
    return this.#commitTogether(batches) ?? batches.map((one) => this.#commitAlone(one));
  }

  /** For when those who wait have been told: a failure here is one of later writes. */
  boundLog(pagesMax: number = limits.logPagesMax): void {
    if (this.#suspect) return;
    try {
      this.#session.boundLog(pagesMax);
    } catch (error) {
      // then the log has no room to grow either, and a removal gives up the reserve
      if (isFull(error)) return;
      this.#suspect = true;
      const says = 'the write-ahead log could not be copied into the database file';
      this.#parts.log.error({ err: error }, says);
    }
  }

  /** Ends entries whose time is over, and forgets old removals: one step of it. */
  sweep(): { readonly ended: number; readonly againMs: number | undefined } {
    const { reserve } = this.#parts;
    // who writes next heals, or asks for the health: nobody tells of it here
    if (this.#suspect) return { ended: 0, againMs: limits.storeHealPauseMs };
    const hasRoom = reserve?.restore() ?? true;
    const step = (leavesNothing: boolean) => () =>
      this.#session.transact((run) => sweepStep({ run, nowMs: this.#nowMs(), leavesNothing }));
    try {
      const { ended, hasMore } =
        reserve?.spendOn(isFull, step(!hasRoom), step(true)) ?? step(false)();
      this.boundLog();
      return { ended, againMs: hasMore ? limits.sweepPauseMs : this.nextSweepMs() };
    } catch (error) {
      this.#failed(error);
      const says = 'entries whose time is over could not be removed; nobody sees them all the same';
      this.#parts.log.warn({ err: error }, says);
      const againMs = this.#suspect ? limits.storeHealPauseMs : limits.sweepDelayMaxMs;
      return { ended: 0, againMs };
    }
  }

  /** When the next step of the sweep is due; undefined: nothing is to come. */
  nextSweepMs(): number | undefined {
    try {
      return nextSweepMs(this.#session.run, this.#nowMs());
    } catch {
      return limits.sweepDelayMaxMs;
    }
  }

  /**
   * Runs a step of what nobody waits for. Undefined where the disk does not bear it now: then
   * nothing of it was kept, or it is unknown.
   */
  inBackground<T>(step: (session: Session) => T): T | undefined {
    const { reserve, log } = this.#parts;
    if (this.#suspect || reserve?.restore() === false) return undefined;
    try {
      const result = step(this.#session);
      this.boundLog();
      return result;
    } catch (error) {
      // what is damaged fails again, and a new connection would not mend it
      if (!isDamage(error) || this.#session.db.inTransaction) this.#failed(error);
      log.warn({ err: error }, 'the rotation of sealing keys was held up, and goes on later');
      return undefined;
    }
  }

  /**
   * After a failure: a new connection that has proved itself replaces the old one, which keeps
   * SQLite from taking up frames of the log whose sync has failed. Throws why that cannot be.
   */
  heal(): void {
    if (!this.#suspect) return;
    const nowMs = this.#parts.steadyNowMs ?? (() => performance.now());
    if (this.#pause !== undefined && nowMs() < this.#pause.endMs) throw this.#pause.cause;
    const old = this.#session.db;
    try {
      if (old.inTransaction) old.exec('ROLLBACK');
      this.#session = renewedSession(this.#session, this.#parts);
    } catch (cause) {
      if (isReplaced(cause)) this.#parts.replaced?.(cause);
      this.#pause = { endMs: nowMs() + limits.storeHealPauseMs, cause };
      throw cause;
    }
    old.close();
    this.#suspect = false;
    this.#pause = undefined;
    this.#parts.healed?.();
    this.#parts.log.warn('the store works again after a failure of the disk');
  }

  close(): void {
    this.#session.db.close();
  }

  /** One commit for all; undefined where nothing was written and each has to be tried by itself. */
  #commitTogether(batches: readonly Batch[]): Outcome[] | undefined {
    const { reserve } = this.#parts;
    if (batches.length < 2 || this.#suspect) return undefined;
    if (reserve !== undefined && !reserve.restore()) return undefined;
    try {
      return this.#transact(batches);
    } catch (error) {
      // what is too much together may fit in part, and one that meets damage harms no other
      const isOver = !this.#session.db.inTransaction;
      if (isOver && (isFull(error) || error instanceof SealBrokenError)) return undefined;
      const outcome = this.#failed(error);
      return batches.map(() => outcome);
    }
  }

  #commitAlone(batch: Batch): Outcome {
    // the batch before this one may have met a failure of the disk
    try {
      this.heal();
    } catch (cause) {
      return { code: 'DKV_STORE_UNAVAILABLE', cause };
    }
    try {
      return this.#resultWithoutWriting(batch) ?? this.#commitWithinRoom(batch);
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** What changes nothing needs neither room nor a lock. */
  #resultWithoutWriting(batch: Batch): WriteResult | undefined {
    const { result, writes } = new Transaction(this.#setting(undefined)).wouldWrite(batch);
    return writes ? undefined : result;
  }

  /** The reserve is for removals: what would not fit even then is refused without it. */
  #commitWithinRoom(batch: Batch): Outcome {
    const { reserve, sealer } = this.#parts;
    const write = (leavesNothing: boolean) => () => only(this.#transact([batch], leavesNothing));
    if (reserve === undefined) return write(false)();
    const hasRoom = reserve.restore();
    if (batch.every(({ op }) => op === 'remove')) {
      return reserve.spendOn(isFull, write(!hasRoom), write(true));
    }
    const { db } = this.#session;
    const inFreePages = () => withoutGrowth(db, write(true));
    if (!hasRoom) return inFreePages();
    const wantsRoom = (error: unknown) =>
      isFull(error) && freeBytes(db) >= this.#session.growthBytes(batch, sealer);
    return reserve.spendOn(wantsRoom, write(false), inFreePages);
  }

  #transact(batches: readonly Batch[], leavesNothing = false): WriteResult[] {
    const { sealer } = this.#parts;
    const puts = batches.flat().filter(({ op }) => op === 'put' || op === 'add').length;
    // before the transaction, which a new data key must outlive
    const key = puts === 0 ? undefined : sealer.keyForEntries(puts, keyKeeper(this.#session.db));
    return this.#session.transact(() =>
      new Transaction({ ...this.#setting(key), leavesNothing }).make(batches),
    );
  }

  #setting(key: DataKey | undefined) {
    return { ...this.#parts, run: this.#session.run, key, nowMs: this.#nowMs() };
  }

  #failed(cause: unknown): Outcome {
    if (cause instanceof SealBrokenError) return { code: 'DKV_ENTRY_UNREADABLE', cause };
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

function only([result]: readonly WriteResult[]): WriteResult {
  if (result === undefined) throw new Error('a batch without a result');
  return result;
}
