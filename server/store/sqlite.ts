// The store on SQLite: seals what goes in, opens what comes out, and trusts no connection after a
// failure of the disk.
// Next: back to the routes.
import Database from 'better-sqlite3';
import type { BaseLogger } from 'pino';
import { ReplyError, type ReplyErrorCode } from '../errors.ts';
import { limits } from '../limits.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { boundLog, type Connection, freeBytes, withoutGrowth } from './connection.ts';
import { isBusy, isDamage, isFull, isReadOnly } from './failures.ts';
import type { Reserve } from './reserve.ts';
import { keyKeeper, prepare, type Statements } from './statements.ts';
import type { PutOptions, PutResult, RemoveResult, Store, StoreInfo } from './store.ts';

export interface SqliteParts {
  /** A durable connection: settings read back, log emptied, a write made. */
  readonly db: Connection;
  /** Makes another such connection; throws if the disk does not bear it. */
  readonly reconnect: () => Connection;
  readonly sealer: Sealer;
  readonly info: StoreInfo;
  /** Room for a full disk; a store without files has none. */
  readonly reserve?: Reserve;
  readonly log: BaseLogger;
  /** Called last at close. */
  readonly release: () => void;
  readonly nowMs?: () => number;
}

interface Session {
  readonly db: Connection;
  readonly run: Statements;
}

function sessionOn(db: Connection): Session {
  try {
    return { db, run: prepare(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

export class SqliteStore implements Store {
  readonly #parts: SqliteParts;
  #session: Session;
  /** The disk failed: no write is acknowledged before a new connection has proved itself. */
  #suspect = false;
  /** Proving a connection holds up all requests, so a try that failed is followed by a pause. */
  #pause: { readonly endMs: number; readonly cause: unknown } | undefined;

  constructor(parts: SqliteParts) {
    this.#parts = parts;
    this.#session = sessionOn(parts.db);
  }

  async get(database: number, key: string): Promise<Buffer | undefined> {
    const lookup = this.#parts.sealer.lookup(database, key);
    const row = this.#read((run) => run.value(lookup));
    if (row === undefined) return undefined;
    try {
      return this.#parts.sealer.openField({ ...row, database, lookup }, 'value', row.value);
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      throw failure('DKV_ENTRY_UNREADABLE', error);
    }
  }

  async put(
    database: number,
    key: string,
    value: Uint8Array,
    { ifAbsent = false }: PutOptions = {},
  ): Promise<PutResult> {
    const { sealer } = this.#parts;
    const lookup = sealer.lookup(database, key);
    return this.#write((session) => {
      const { db, run } = session;
      if (ifAbsent && run.has(lookup)) return { stored: false };
      const store = () => run.put(sealer.sealEntry(database, key, value, keyKeeper(db)));
      const needsBytes = () => value.byteLength - (run.value(lookup)?.value.length ?? 0);
      return { stored: true, revision: this.#withinRoom(db, store, needsBytes) };
    });
  }

  async remove(database: number, key: string): Promise<RemoveResult> {
    const lookup = this.#parts.sealer.lookup(database, key);
    return this.#write(({ run }) => {
      if (!run.has(lookup)) return { removed: false };
      const remove = () => run.remove(lookup);
      const revision = this.#parts.reserve?.spendOn(isFull, remove) ?? remove();
      return { removed: true, revision };
    });
  }

  async ping(): Promise<void> {
    this.#heal();
    this.#read((run) => run.revision());
  }

  info(): StoreInfo {
    return this.#parts.info;
  }

  async close(): Promise<void> {
    this.#session.db.close();
    this.#parts.release();
  }

  #read<T>(read: (run: Statements) => T): T {
    try {
      return read(this.#session.run);
    } catch (error) {
      throw failure(isDamage(error) ? 'DKV_ENTRY_UNREADABLE' : 'DKV_STORE_UNAVAILABLE', error);
    }
  }

  // Check and change need no transaction around both: nothing else runs between them in the one
  // writer process.
  #write<T>(write: (session: Session) => T): T {
    this.#heal();
    try {
      const result = write(this.#session);
      this.#boundLog();
      return result;
    } catch (error) {
      throw this.#writeFailed(error);
    }
  }

  /** The reserve is for removals: what would not fit even then is refused without it. */
  #withinRoom<T>(db: Connection, store: () => T, needsBytes: () => number): T {
    const { reserve } = this.#parts;
    if (reserve === undefined) return store();
    const inFreePages = () => withoutGrowth(db, store);
    if (!reserve.restore()) return inFreePages();
    const wantsRoom = (error: unknown) => isFull(error) && freeBytes(db) >= needsBytes();
    return reserve.spendOn(wantsRoom, store, inFreePages);
  }

  /** What was written is on disk already, in the log: a failure here is one of later writes. */
  #boundLog(): void {
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

  #writeFailed(error: unknown): unknown {
    if (!(error instanceof Database.SqliteError)) return error;
    const isOver = !this.#session.db.inTransaction;
    if (isOver && isFull(error)) return failure('DKV_STORE_FULL', error);
    if (isOver && isBusy(error)) return failure('DKV_STORE_UNAVAILABLE', error);
    this.#suspect = true;
    const wroteNothing = isOver && isReadOnly(error);
    return failure(wroteNothing ? 'DKV_STORE_UNAVAILABLE' : 'DKV_WRITE_UNCERTAIN', error);
  }

  /**
   * After a failure: a new connection that has proved itself replaces the old one, which serves
   * reads until then and keeps SQLite from taking up frames of the log whose sync has failed.
   */
  #heal(): void {
    if (!this.#suspect) return;
    const nowMs = this.#parts.nowMs ?? (() => performance.now());
    if (this.#pause !== undefined && nowMs() < this.#pause.endMs) {
      throw failure('DKV_STORE_UNAVAILABLE', this.#pause.cause);
    }
    const old = this.#session.db;
    try {
      if (old.inTransaction) old.exec('ROLLBACK');
      this.#session = sessionOn(this.#parts.reconnect());
    } catch (cause) {
      this.#pause = { endMs: nowMs() + limits.storeHealPauseMs, cause };
      throw failure('DKV_STORE_UNAVAILABLE', cause);
    }
    old.close();
    this.#suspect = false;
    this.#pause = undefined;
    this.#parts.log.warn('the store works again after a failure of the disk');
  }
}

const failure = (code: ReplyErrorCode, cause: unknown): ReplyError =>
  new ReplyError(code, undefined, { cause });
