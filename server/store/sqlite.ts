// The store on SQLite: seals what goes in, opens what comes out, and trusts no connection after a
// failure of the disk.
// Next: back to the routes.
import Database from 'better-sqlite3';
import type { BaseLogger } from 'pino';
import { ReplyError } from '../errors.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { Connection } from './connection.ts';
import { isDamage } from './failures.ts';
import { keyKeeper, prepare, type Statements } from './statements.ts';
import type { PutOptions, PutResult, RemoveResult, Store, StoreInfo } from './store.ts';

export interface SqliteParts {
  /** A durable connection: settings read back, log emptied. */
  readonly db: Connection;
  /** Makes another such connection; throws if the disk does not bear it. */
  readonly reconnect: () => Connection;
  readonly sealer: Sealer;
  readonly info: StoreInfo;
  readonly log: BaseLogger;
  /** Called last at close. */
  readonly release: () => void;
}

interface Session {
  readonly db: Connection;
  readonly run: Statements;
}

export class SqliteStore implements Store {
  readonly #parts: SqliteParts;
  #session: Session;
  /** The disk failed: no write is acknowledged before a new connection has proved itself. */
  #suspect = false;

  constructor(parts: SqliteParts) {
    this.#parts = parts;
    this.#session = { db: parts.db, run: prepare(parts.db) };
  }

  async get(database: number, key: string): Promise<Buffer | undefined> {
    const lookup = this.#parts.sealer.lookup(database, key);
    const row = this.#read((run) => run.value(lookup));
    if (row === undefined) return undefined;
    try {
      return this.#parts.sealer.openField({ ...row, database, lookup }, 'value', row.value);
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      throw new ReplyError('DKV_ENTRY_UNREADABLE', undefined, { cause: error });
    }
  }

  async put(
    database: number,
    key: string,
    value: Uint8Array,
    { ifAbsent = false }: PutOptions = {},
  ): Promise<PutResult> {
    return this.#write(({ db, run }) => {
      const { sealer } = this.#parts;
      if (ifAbsent && run.has(sealer.lookup(database, key))) return { stored: false };
      const entry = sealer.sealEntry(database, key, value, keyKeeper(db));
      return { stored: true, revision: run.put(entry) };
    });
  }

  async remove(database: number, key: string): Promise<RemoveResult> {
    const lookup = this.#parts.sealer.lookup(database, key);
    return this.#write(({ run }) =>
      run.has(lookup) ? { removed: true, revision: run.remove(lookup) } : { removed: false },
    );
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
      const code = isDamage(error) ? 'DKV_ENTRY_UNREADABLE' : 'DKV_STORE_UNAVAILABLE';
      throw new ReplyError(code, undefined, { cause: error });
    }
  }

  // Check and change need no transaction around both: nothing else runs between them in the one
  // writer process.
  #write<T>(write: (session: Session) => T): T {
    this.#heal();
    try {
      return write(this.#session);
    } catch (error) {
      throw this.#writeFailed(error);
    }
  }

  #writeFailed(error: unknown): unknown {
    if (!(error instanceof Database.SqliteError)) return error;
    const stuck = this.#session.db.inTransaction;
    if (!stuck && error.code === 'SQLITE_FULL') {
      return new ReplyError('DKV_STORE_FULL', undefined, { cause: error });
    }
    if (!stuck && error.code.startsWith('SQLITE_BUSY')) {
      return new ReplyError('DKV_STORE_UNAVAILABLE', undefined, { cause: error });
    }
    this.#suspect = true;
    return new ReplyError('DKV_WRITE_UNCERTAIN', undefined, { cause: error });
  }

  /**
   * After a failure: a new connection that could empty the log replaces the old one, which serves
   * reads until then and keeps SQLite from taking up frames of the log whose sync has failed.
   */
  #heal(): void {
    if (!this.#suspect) return;
    const old = this.#session.db;
    try {
      if (old.inTransaction) old.exec('ROLLBACK');
      const db = this.#parts.reconnect();
      this.#session = { db, run: prepare(db) };
    } catch (error) {
      throw new ReplyError('DKV_STORE_UNAVAILABLE', undefined, { cause: error });
    }
    old.close();
    this.#suspect = false;
    this.#parts.log.warn('the store works again after a failure of the disk');
  }
}
