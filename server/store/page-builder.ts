// Pages of entries and of events, out of the rows of an engine: opened, bounded, without what has
// ended, with a count of what is damaged. Pure, and the same for every engine.
// Next: back to the engine, which reads the rows.
import { ReplyError } from '../errors.ts';
import { limits } from '../limits.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { EntryRow } from './statements.ts';
import type {
  Entry,
  FeedEvent,
  FeedPage,
  FeedRequest,
  NamedEntry,
  ScanPage,
  ScanRequest,
  StoreState,
} from './store.ts';

const BEFORE_ALL = Buffer.alloc(0);
const NO_VALUE = Buffer.alloc(0);

/** Opens rows; undefined where one is damaged. */
function opened<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined;
    throw error;
  }
}

interface Wanted {
  readonly database: number;
  readonly withValues: boolean;
}

function entryOf(row: EntryRow, { database, withValues }: Wanted, sealer: Sealer): Entry {
  const { revision, expiresAtMs } = row;
  if (!withValues) return { value: NO_VALUE, contentType: '', revision, expiresAtMs };
  return { ...sealer.openValue({ ...row, database }, row.value), revision, expiresAtMs };
}

/** A page of a scan. */
export class ScanPageBuilder {
  readonly #request: ScanRequest;
  readonly #sealer: Sealer;
  readonly #entries: NamedEntry[] = [];
  #unreadable = 0;
  #rows = 0;
  #bytes = 0;
  #isAtEnd = false;
  /** The rows up to this lookup have been taken. */
  after: Buffer;

  constructor(request: ScanRequest, sealer: Sealer) {
    this.#request = request;
    this.#sealer = sealer;
    this.after = request.after ?? BEFORE_ALL;
  }

  get wantsMore(): boolean {
    return (
      !this.#isAtEnd &&
      this.#entries.length < this.#request.limit &&
      this.#rows < limits.scanRowsMax &&
      this.#bytes < limits.scanBytesMax
    );
  }

  /** Takes the next row in the order of lookups; `hasEnded`: its time is over. */
  take(row: EntryRow, hasEnded: boolean): void {
    this.after = row.lookup;
    this.#rows += 1;
    if (hasEnded) return;
    const { database, prefix = '' } = this.#request;
    const key = opened(() => this.#sealer.openName({ ...row, database }, row.name));
    if (key?.startsWith(prefix) === false) return;
    const entry = opened(() => entryOf(row, this.#request, this.#sealer));
    if (key === undefined || entry === undefined) {
      this.#unreadable += 1;
      return;
    }
    this.#bytes += entry.value.byteLength;
    this.#entries.push({ ...entry, key });
  }

  /** No row is left. */
  end(): void {
    this.#isAtEnd = true;
  }

  build(): ScanPage {
    const next = this.#isAtEnd ? undefined : this.after;
    return { entries: this.#entries, unreadable: this.#unreadable, next };
  }
}

/** A page of a feed. Throws DKV_REVISION_GONE. */
export class FeedPageBuilder {
  readonly #request: FeedRequest;
  readonly #sealer: Sealer;
  readonly #state: StoreState;
  readonly #events: FeedEvent[] = [];
  #unreadable = 0;
  #rows = 0;
  #bytes = 0;
  #revision: number;

  /** `state`: as it was when the rows were read. */
  constructor(request: FeedRequest, state: StoreState, sealer: Sealer) {
    const { afterRevision } = request;
    const isGone = afterRevision > 0 && afterRevision < state.feedFloor;
    if (isGone || afterRevision > state.revision) throw new ReplyError('DKV_REVISION_GONE');
    this.#request = request;
    this.#state = state;
    this.#sealer = sealer;
    this.#revision = afterRevision;
  }

  get wantsMore(): boolean {
    return (
      this.#events.length < this.#request.limit &&
      this.#rows < limits.scanRowsMax &&
      this.#bytes < limits.scanBytesMax
    );
  }

  /** Takes the next row in the order of revisions. */
  take(row: EntryRow, hasEnded: boolean): void {
    this.#rows += 1;
    this.#revision = row.revision;
    // its end is an event of its own, and comes with the sweep
    if (hasEnded && row.removedAtMs === null) return;
    const { database } = this.#request;
    const key = opened(() => this.#sealer.openName({ ...row, database }, row.name));
    const event = key === undefined ? undefined : this.#eventOf(row, key);
    if (event === undefined) this.#unreadable += 1;
    else this.#events.push(event);
  }

  build(): FeedPage {
    const hasMore = !this.wantsMore;
    const revision = hasMore ? this.#revision : this.#state.revision;
    return { events: this.#events, unreadable: this.#unreadable, revision, hasMore };
  }

  #eventOf(row: EntryRow, key: string): FeedEvent | undefined {
    const { revision, removedAtMs, expiresAtMs } = row;
    if (removedAtMs !== null) {
      const isExpiry = expiresAtMs !== null && expiresAtMs <= removedAtMs;
      return { kind: isExpiry ? 'expire' : 'remove', key, revision };
    }
    const entry = opened(() => entryOf(row, this.#request, this.#sealer));
    if (entry === undefined) return undefined;
    this.#bytes += entry.value.byteLength;
    return { kind: 'put', key, revision, entry };
  }
}
