// The engine on Postgres: every read asks the database, so that each replica sees what any of them
// has acknowledged; changes go to the writer.
// Next: `gets.ts` for single entries, `pool.ts` for pages, `writer.ts` for changes.
import { ReplyError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { type SealingVitals, sealingVitals } from '../../sealing/rotation.ts';
import { SealBrokenError } from '../../sealing/seal.ts';
import type { Sealer } from '../../sealing/sealer.ts';
import type { Batch } from '../change.ts';
import type { Engine, EngineVitals } from '../engine.ts';
import type { GroupWriter } from '../group-commit.ts';
import { FeedPageBuilder, ScanPageBuilder } from '../page-builder.ts';
import type {
  Entry,
  FeedPage,
  FeedRequest,
  ScanPage,
  ScanRequest,
  StoreInfo,
  StoreState,
} from '../store.ts';
import { replyErrorOf } from './failures.ts';
import { Gets } from './gets.ts';
import { selectKeys } from './key-statements.ts';
import type { ReplicaKeys } from './keys.ts';
import type { Location } from './location.ts';
import type { Pool } from './pool.ts';
import type { RotationSteps } from './rotation-steps.ts';
import { checkServable, type ExpectedStore } from './same-store.ts';
import {
  type PageRow,
  type StateAndRow,
  type StateRow,
  selectAfterLookup,
  selectAfterRevision,
  selectState,
} from './statements.ts';
import type { Sweeper } from './sweep.ts';
import { readVolume } from './volume.ts';
import type { Watchers } from './watchers.ts';
import type { PostgresWriter } from './writer.ts';

export interface PostgresParts {
  readonly location: Location;
  readonly pool: Pool;
  readonly writer: PostgresWriter;
  readonly keys: ReplicaKeys;
  readonly sealer: Sealer;
  readonly expected: ExpectedStore;
  readonly watchers: Watchers;
  readonly sweeper: Sweeper;
  readonly rotation: Pick<RotationSteps, 'progress'>;
  readonly info: StoreInfo;
  readonly endKeyWatch: () => void;
  /** The most connections of this process. */
  readonly connectionsMax: number;
}

export class PostgresEngine implements Engine {
  // other replicas write too: what was read may be old at once
  readonly isSoleWriter = false;
  readonly writer: GroupWriter;
  readonly #parts: PostgresParts;
  readonly #gets: Gets;

  constructor(parts: PostgresParts) {
    this.#parts = parts;
    this.#gets = new Gets(parts.pool);
    this.writer = {
      commit: (batches) => this.#commit(batches),
      ping: () => parts.writer.ping(),
      close: () => this.#closeWriter(),
    };
  }

  async get(database: number, key: string): Promise<Entry | undefined> {
    const { sealer, keys } = this.#parts;
    const lookup = sealer.lookup(database, key);
    const [row] = await keys.met(async () => {
      const found = await this.#gets.get({ database, lookup });
      return found === undefined ? [] : [found];
    });
    if (row === undefined) return undefined;
    this.#parts.expected.memory.saw(row.revision);
    try {
      const content = sealer.openValue({ ...row, database, lookup }, row.value);
      return { ...content, revision: row.revision, expiresAtMs: row.expiresAtMs };
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      throw new ReplyError('DKV_ENTRY_UNREADABLE', undefined, { cause: error });
    }
  }

  async scan(request: ScanRequest): Promise<ScanPage> {
    const { sealer, keys, pool, expected } = this.#parts;
    const { database, limit, withValues, prefix = '' } = request;
    const page = new ScanPageBuilder(request, sealer);
    // with a prefix few of the rows may be wanted
    const rowsMax = prefix === '' ? Math.min(limit, SLICE_ROWS) : SLICE_ROWS;
    const bounds = { withValues, rowsMax, bytesMax: limits.scanBytesMax };
    while (page.wantsMore) {
      const next = selectAfterLookup({ database, lookup: page.after }, bounds);
      const rows = await keys.met(() => pool.read(next));
      expected.memory.saw(Math.max(0, ...rows.map(({ revision }) => revision)));
      for (const row of rows) if (page.wantsMore) page.take(row, row.hasEnded);
      if (page.wantsMore && !isCut(rows, rowsMax)) page.end();
    }
    return page.build();
  }

  async changes(request: FeedRequest): Promise<FeedPage> {
    const { sealer, keys, pool } = this.#parts;
    const { database, afterRevision: after, withValues } = request;
    const rowsMax = Math.min(request.limit, limits.scanRowsMax);
    const bounds = { withValues, rowsMax, bytesMax: limits.scanBytesMax };
    let state = '';
    const rows = await keys.met(async () => {
      const found = await pool.read(selectAfterRevision({ database, after }, bounds));
      state = found[0]?.state ?? '';
      return found.filter(isRow);
    });
    const page = new FeedPageBuilder(request, this.#checked(JSON.parse(state)), sealer);
    for (const row of rows) if (page.wantsMore) page.take(row, row.hasEnded);
    const built = page.build();
    const last = rows.at(-1);
    if (built.hasMore || last === undefined || !isCut(rows, rowsMax)) return built;
    return { ...built, hasMore: true, revision: last.revision };
  }

  async state(): Promise<StoreState> {
    const [row] = await this.#parts.pool.read(selectState());
    return this.#checked(row);
  }

  /** Who may not serve the store any more reads no more by the connections that it has. */
  #checked(row: StateRow | undefined): StoreState {
    if (row === undefined) throw new ReplyError('DKV_STORE_UNAVAILABLE');
    const { expected, pool } = this.#parts;
    const { oldestReaderVersion: _, incarnation: __, ...state } = row;
    try {
      checkServable(row, expected);
      expected.memory.saw(state.revision);
      return state;
    } catch (error) {
      pool.leave();
      throw replyErrorOf(error);
    }
  }

  async vitals(): Promise<EngineVitals> {
    const { pool, writer, watchers, connectionsMax } = this.#parts;
    const { open, idle } = pool.connections;
    const others = Number(writer.isConnected) + Number(watchers.isListening);
    const [sealing, volume] = await Promise.all([
      this.#sealing().catch(() => undefined),
      readVolume(pool).catch(() => undefined),
    ]);
    const connections = { connectionsOpen: open + others, connectionsIdle: idle, connectionsMax };
    return { ...connections, sealing, volume };
  }

  /** How far the rotation of keys is; the replica that does it knows best. */
  async #sealing(): Promise<SealingVitals> {
    const { pool, rotation, sealer } = this.#parts;
    const [stored, { keys, removals }] = await Promise.all([pool.read(selectKeys()), this.state()]);
    const progress = rotation.progress(stored);
    return sealingVitals(stored, sealer.ring.sealingKekId, keys + removals, progress);
  }

  async ping(): Promise<void> {
    await Promise.all([this.#parts.writer.ping(), this.state()]);
  }

  info(): StoreInfo {
    return this.#parts.info;
  }

  watch(listener: () => void): () => void {
    return this.#parts.watchers.watch(listener);
  }

  async close(): Promise<void> {
    const { location, watchers, pool } = this.#parts;
    location.close();
    await watchers.close();
    await pool.close();
  }

  async #commit(batches: readonly Batch[]) {
    const { writer, watchers, sweeper } = this.#parts;
    const outcomes = await writer.commit(batches);
    watchers.hint();
    sweeper.after(batches);
    return outcomes;
  }

  async #closeWriter(): Promise<void> {
    this.#parts.endKeyWatch();
    this.#parts.sweeper.close();
    await this.#parts.writer.close();
  }
}

/** So many names are opened without a break. */
const SLICE_ROWS = 500;

const isRow = (row: StateAndRow): row is StateAndRow & PageRow => row.lookup instanceof Buffer;

/** Whether there may be more rows after these. */
const isCut = (rows: readonly PageRow[], rowsMax: number): boolean =>
  rows.length === rowsMax || rows.length < (rows[0]?.found ?? 0);
