// The store on SQLite: reads on a connection of its own, and hands changes to the writer, so that
// in WAL mode no read waits for a commit, and every read sees what was acknowledged.
// Next: `group-commit.ts` for changes, back to the routes for what was read.
import { ReplyError, type ReplyErrorCode } from '../errors.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { Connection } from './connection.ts';
import { isDamage } from './failures.ts';
import { GroupCommit, type GroupWriter } from './group-commit.ts';
import { prepareReads, type Reads, readKeys } from './statements.ts';
import type { PutOptions, PutResult, RemoveResult, Store, StoreInfo } from './store.ts';

export interface SqliteParts {
  /** What is read goes by this connection. */
  readonly db: Connection;
  readonly writer: GroupWriter;
  readonly sealer: Sealer;
  readonly info: StoreInfo;
  /** Called last at close. */
  readonly release: () => void;
}

export class SqliteStore implements Store {
  readonly #parts: SqliteParts;
  readonly #reads: Reads;
  readonly #changes: GroupCommit;

  constructor(parts: SqliteParts) {
    this.#parts = parts;
    this.#reads = prepareReads(parts.db);
    this.#changes = new GroupCommit(parts.writer);
  }

  async get(database: number, key: string): Promise<Buffer | undefined> {
    const { db, sealer } = this.#parts;
    const lookup = sealer.lookup(database, key);
    const row = this.#read((reads) => reads.value(lookup));
    if (row === undefined) return undefined;
    this.#read(() => sealer.meetKey(row.dataKeyId, () => readKeys(db)));
    try {
      return sealer.openField({ ...row, database, lookup }, 'value', row.value);
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
    const revision = await this.#changes.submit({ op: 'put', database, key, value, ifAbsent });
    return revision === 0 ? { stored: false } : { stored: true, revision };
  }

  async remove(database: number, key: string): Promise<RemoveResult> {
    const revision = await this.#changes.submit({ op: 'remove', database, key });
    return revision === 0 ? { removed: false } : { removed: true, revision };
  }

  async ping(): Promise<void> {
    await this.#parts.writer.ping();
    this.#read((reads) => reads.revision());
  }

  info(): StoreInfo {
    return this.#parts.info;
  }

  async close(): Promise<void> {
    await this.#changes.close();
    this.#parts.db.close();
    this.#parts.release();
  }

  #read<T>(read: (reads: Reads) => T): T {
    try {
      return read(this.#reads);
    } catch (error) {
      throw failure(isDamage(error) ? 'DKV_ENTRY_UNREADABLE' : 'DKV_STORE_UNAVAILABLE', error);
    }
  }
}

const failure = (code: ReplyErrorCode, cause: unknown): ReplyError =>
  new ReplyError(code, undefined, { cause });
