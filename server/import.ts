// An import: lines as they come, stored in groups that share commits, each line acknowledged once
// everything up to it is on disk.
// Next: `transfer-line.ts` reads a line, `../store/store.ts` write keeps it.
import { ReplyError } from './errors.ts';
import type { IncomingParts } from './incoming.ts';
import { limits } from './limits.ts';
import { type Line, LineSplitter } from './line-splitter.ts';
import type { Put } from './store/change.ts';
import type { Store } from './store/store.ts';
import { entryOf, type LineEntry, misfit } from './transfer-line.ts';

export interface ImportSource {
  readonly store: Pick<Store, 'write'>;
  readonly database: number;
  readonly parts: Pick<IncomingParts, 'next'>;
  /** Lines before this one, counted from 1, are passed over. */
  readonly fromLine: number;
  /** Whether an entry that is there stays as it is. */
  readonly skipsExisting: boolean;
  /** Whether its token still counts. */
  readonly isStillAllowed: () => Promise<boolean>;
  readonly nowMs: () => number;
  /** A clock that only goes on, by which the token is looked at. */
  readonly steadyNowMs?: () => number;
}

/** How far an import has come. */
export interface ImportProgress {
  /** All up to this line is on disk, or was to be passed over. */
  readonly lines: number;
  readonly imported: number;
  readonly skipped: number;
  /** Entries whose time was over already, by the clock of the store. */
  readonly expired: number;
}

const ABSENT = { noneMatch: 'any' } as const;

export class Import {
  readonly #source: ImportSource;
  readonly #steadyNowMs: () => number;
  #checkedMs: number;
  #lines = 0;
  #group: Put[] = [];
  #groupBytes = 0;
  #progress: ImportProgress = { lines: 0, imported: 0, skipped: 0, expired: 0 };

  constructor(source: ImportSource) {
    this.#source = source;
    this.#steadyNowMs = source.steadyNowMs ?? (() => performance.now());
    this.#checkedMs = this.#steadyNowMs();
  }

  get progress(): ImportProgress {
    return this.#progress;
  }

  /**
   * Stores what comes, and tells of each group that is on disk. Throws a ReplyError that names the
   * line and how far all before it came.
   */
  async *run(): AsyncGenerator<ImportProgress> {
    const splitter = new LineSplitter();
    try {
      for (;;) {
        const part = await this.#nextPart();
        if (part === 'end') break;
        if (part !== 'late') yield* this.#takeAll(splitter.push(part));
        // who sends on and on, but little, fills no group
        if (part === 'late' || this.#isCheckDue()) yield await this.#flush();
      }
      yield* this.#takeAll(splitter.rest());
      yield await this.#flush();
    } catch (error) {
      throw this.#located(error);
    }
  }

  /** A group that has begun is not kept waiting for its rest. */
  async #nextPart(): Promise<Buffer | 'end' | 'late'> {
    const { parts } = this.#source;
    const hasBegun = this.#group.length > 0;
    const part = await parts.next(hasBegun ? limits.importFlushMs : limits.importIdleMs);
    if (part === 'aborted') throw new ReplyError('DKV_STORE_UNAVAILABLE');
    if (part === 'late' && !hasBegun) throw new ReplyError('DKV_REQUEST_TIMEOUT');
    return part;
  }

  async *#takeAll(lines: Iterable<Line>): AsyncGenerator<ImportProgress> {
    for (const line of lines) {
      const put = this.#putOf(line, this.#lines + 1);
      if (put instanceof ReplyError) {
        await this.#flush();
        throw named(put, this.#lines + 1);
      }
      this.#lines += 1;
      if (put === undefined) continue;
      this.#group.push(put);
      this.#groupBytes += put.value.byteLength + put.key.length;
      const isFull = this.#group.length >= limits.groupChangesMax;
      if (isFull || this.#groupBytes >= limits.groupBytesMax) yield await this.#flush();
    }
  }

  #putOf(line: Line, lineNumber: number): Put | ReplyError | undefined {
    if (line === 'too-long') return new ReplyError('DKV_BODY_TOO_LARGE', TOO_LONG);
    if (lineNumber < this.#source.fromLine || isBlank(line)) return undefined;
    try {
      const entry = entryOf(line);
      return entry && this.#put(entry);
    } catch (error) {
      if (error instanceof ReplyError) return error;
      throw error;
    }
  }

  #put({ expiresAtMs, ...entry }: LineEntry): Put {
    const { database, skipsExisting, nowMs } = this.#source;
    const put: Put = {
      op: 'put',
      database,
      ...entry,
      condition: skipsExisting ? ABSENT : undefined,
    };
    if (expiresAtMs === null) return put;
    if (expiresAtMs - nowMs() > limits.ttlMsMax) throw misfit(TOO_FAR);
    return { ...put, expiresAtMs };
  }

  #isCheckDue(): boolean {
    return this.#steadyNowMs() >= this.#checkedMs + limits.importCheckMs;
  }

  async #check(): Promise<void> {
    if (!(await this.#source.isStillAllowed())) throw new ReplyError('DKV_TOKEN_INVALID');
    this.#checkedMs = this.#steadyNowMs();
  }

  /** Each entry is a batch of its own, since one that is skipped keeps no other back. */
  async #flush(): Promise<ImportProgress> {
    if (this.#isCheckDue()) await this.#check();
    const { store } = this.#source;
    const results = await Promise.allSettled(this.#group.map((put) => store.write([put])));
    this.#group = [];
    this.#groupBytes = 0;
    let { imported, skipped, expired } = this.#progress;
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
      const { refusal } = result.value;
      if (refusal === undefined) imported += 1;
      else if (refusal.reason === 'ended') expired += 1;
      else skipped += 1;
    }
    this.#progress = { lines: this.#lines, imported, skipped, expired };
    return this.#progress;
  }

  /** How far it came is told with the error. */
  #located(error: unknown): unknown {
    if (!(error instanceof ReplyError)) return error;
    const { code, message, headers, cause } = error;
    const members = { ...error.members, lines: this.#progress.lines };
    return new ReplyError(code, message, { headers, cause, members });
  }
}

const TOO_FAR = 'expiresAt is more than 100 years away';
const TOO_LONG = 'It is longer than any entry can be.';

const isBlank = (line: Buffer): boolean => line.every((byte) => byte === 0x20 || byte === 0x0d);

/** The number of a line is part of the sentence, and a member for programs. */
const named = ({ code, message }: ReplyError, line: number): ReplyError =>
  new ReplyError(code, `Line ${line}: ${message}`, { members: { line } });
