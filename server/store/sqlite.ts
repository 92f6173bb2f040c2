// The engine on SQLite: reads on a connection of its own, so that in WAL mode no read waits for a
// commit, and every read sees what was acknowledged.
// Next: `statements.ts` for the SQL; changes go by `group-commit.ts` to `writer.ts`.
import { ReplyError } from '../errors.ts';
import { limits } from '../limits.ts';
import { sealingVitals } from '../sealing/rotation.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { Engine, EngineVitals } from './engine.ts';
import { isDamage } from './failures.ts';
import { FeedPageBuilder, ScanPageBuilder } from './page-builder.ts';
import type { ReadAccess } from './reader.ts';
import type { Reads } from './statements.ts';
import type {
  Entry,
  FeedPage,
  FeedRequest,
  ScanPage,
  ScanRequest,
  StoreInfo,
  StoreState,
} from './store.ts';
import type { SqliteWriter } from './writer-link.ts';

export interface SqliteParts {
  readonly access: ReadAccess;
  readonly writer: SqliteWriter;
  readonly sealer: Sealer;
  readonly info: StoreInfo;
  readonly vitals: () => Promise<EngineVitals>;
  /** As of `Engine`; left out where the store is never opened again. */
  readonly whenRenewed?: (listener: () => void) => void;
  /** Called last at close. */
  readonly release: () => void;
  readonly nowMs?: () => number;
}

export class SqliteEngine implements Engine {
  readonly isSoleWriter = true;
  readonly writer: SqliteWriter;
  readonly #parts: SqliteParts;
  readonly #nowMs: () => number;

  constructor(parts: SqliteParts) {
    this.#parts = parts;
    this.#nowMs = parts.nowMs ?? Date.now;
    this.writer = parts.writer;
  }

  async get(database: number, key: string): Promise<Entry | undefined> {
    const { sealer } = this.#parts;
    const lookup = sealer.lookup(database, key);
    try {
      return this.#entryAt(database, lookup);
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
    }
    try {
      // a rotation may have sealed it anew in between, and forgotten its old key
      return this.#entryAt(database, lookup);
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      throw new ReplyError('DKV_ENTRY_UNREADABLE', undefined, { cause: error });
    }
  }

  #entryAt(database: number, lookup: Buffer): Entry | undefined {
    const row = this.#read((reads) => reads.value(database, lookup));
    if (row === undefined || this.#hasEnded(row)) return undefined;
    this.#meetKey(row.dataKeyId);
    const content = this.#parts.sealer.openValue({ ...row, database, lookup }, row.value);
    return { ...content, revision: row.revision, expiresAtMs: row.expiresAtMs };
  }

  async scan(request: ScanRequest): Promise<ScanPage> {
    const { sealer } = this.#parts;
    const page = new ScanPageBuilder(request, sealer);
    while (page.wantsMore) {
      const endMs = performance.now() + limits.scanSliceMs;
      this.#read((reads) => {
        for (const row of reads.afterLookup(request.database, page.after, request.withValues)) {
          this.#meetKey(row.dataKeyId);
          page.take(row, this.#hasEnded(row));
          if (!page.wantsMore || performance.now() > endMs) return;
        }
        page.end();
      });
      // what else came in the meantime is worked on first
      if (page.wantsMore) await new Promise(setImmediate);
    }
    return page.build();
  }

  async changes(request: FeedRequest): Promise<FeedPage> {
    const { database, afterRevision, withValues } = request;
    return this.#read((reads) =>
      reads.atOnce(() => {
        const page = new FeedPageBuilder(request, reads.state(), this.#parts.sealer);
        for (const row of reads.afterRevision(database, afterRevision, withValues)) {
          this.#meetKey(row.dataKeyId);
          page.take(row, this.#hasEnded(row));
          if (!page.wantsMore) break;
        }
        return page.build();
      }),
    );
  }

  async state(): Promise<StoreState> {
    return this.#read((reads) => reads.state());
  }

  async vitals(): Promise<EngineVitals> {
    const { access, sealer, vitals } = this.#parts;
    const found = await vitals();
    const { keys, removals } = await this.state();
    const stored = this.#read(() => access.keys());
    const { sealingKekId } = sealer.ring;
    const progress = this.writer.rotation();
    return { ...found, sealing: sealingVitals(stored, sealingKekId, keys + removals, progress) };
  }

  async ping(): Promise<void> {
    await this.writer.ping();
    this.#read((reads) => reads.state());
  }

  info(): StoreInfo {
    return this.#parts.info;
  }

  watch(listener: () => void): () => void {
    return this.writer.watch(listener);
  }

  whenRenewed(listener: () => void): void {
    this.#parts.whenRenewed?.(listener);
  }

  async close(): Promise<void> {
    this.#parts.access.close();
    this.#parts.release();
  }

  #hasEnded({ expiresAtMs }: { readonly expiresAtMs: number | null }): boolean {
    return expiresAtMs !== null && expiresAtMs <= this.#nowMs();
  }

  #meetKey(id: number): void {
    const { sealer, access } = this.#parts;
    this.#read(() => sealer.meetKey(id, () => access.keys()));
  }

  #read<T>(read: (reads: Reads) => T): T {
    try {
      return this.#parts.access.read(read);
    } catch (error) {
      if (error instanceof ReplyError) throw error;
      const code = isDamage(error) ? 'DKV_ENTRY_UNREADABLE' : 'DKV_STORE_UNAVAILABLE';
      throw new ReplyError(code, undefined, { cause: error });
    }
  }
}
