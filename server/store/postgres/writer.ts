// The writer on Postgres: makes each group of batches one transaction on the one connection that
// writes. What was sent for commit is never sent again.
// Next: `transaction.ts` decides, `statements.ts` has the SQL.
import type pg from 'pg';
import type { BaseLogger } from 'pino';
import { ReplyError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { StoredKey } from '../../sealing/rotation.ts';
import type { Sealer } from '../../sealing/sealer.ts';
import type { Batch, ChangeFailure, Outcome } from '../change.ts';
import type { GroupWriter } from '../group-commit.ts';
import {
  awayCodeOf,
  isDamage,
  isFull,
  isLost,
  isStatementError,
  replyErrorOf,
  TooOldError,
} from './failures.ts';
import { insertKey, nextKeyId, selectKeys, selectMaySeal } from './key-statements.ts';
import { type ClosedKeys, OwnKey, takeNew } from './keys.ts';
import type { DatabaseUrl } from './location.ts';
import { checkedLock, type Transaction, transacted } from './own-transaction.ts';
import type { ExpectedStore } from './same-store.ts';
import { run } from './session.ts';
import {
  begin,
  bury,
  commit,
  type KnownRow,
  lockStore,
  rollback,
  type Statement,
  selectHeads,
  setState,
  upsert,
} from './statements.ts';
import { Group, type GroupWrites } from './transaction.ts';
import { WriterSession } from './writer-session.ts';

export interface WriterParts {
  readonly expected: ExpectedStore;
  readonly sealer: Sealer;
  /**
   * Called with each new connection, before anything is written by it, and where the store is no
   * longer for this release: what is read by may lead elsewhere, or show what is not understood.
   */
  readonly leaveReads: () => void;
  readonly log: BaseLogger;
}

/** It is not known whether Postgres has committed. */
class UncertainError extends Error {}

export class PostgresWriter implements GroupWriter {
  readonly #parts: WriterParts;
  readonly #session: WriterSession;
  readonly #ownKey: OwnKey;
  /** What is under way, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(location: DatabaseUrl, parts: WriterParts) {
    this.#parts = parts;
    this.#ownKey = new OwnKey(parts.sealer.ring);
    const connected = (stored: readonly StoredKey[]) => {
      this.#ownKey.giveUp(stored);
      parts.leaveReads();
    };
    this.#session = new WriterSession(location, { ...parts, connected });
  }

  get isConnected(): boolean {
    return this.#session.isConnected;
  }

  commit(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    return this.#next(() => this.#commitTogether(batches));
  }

  /** Runs a transaction of its own between two groups. Rejects with any error. */
  transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#next(async () => {
      const parts = { ...this.#parts, ownKey: this.#ownKey };
      const drop = (error: unknown) => this.#drop(error);
      return transacted(await this.#session.client(), parts, work, drop);
    });
  }

  async ping(): Promise<void> {
    await this.#next(() => this.#session.client()).catch((error: unknown) => {
      throw replyErrorOf(error);
    });
  }

  /** Goes on with a connection to another location, after what is under way. */
  renew(location: DatabaseUrl): Promise<void> {
    return this.#next(async () => this.#session.renew(location));
  }

  async close(): Promise<void> {
    await this.#next(async () => this.#session.close());
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const made = this.#turn.then(work);
    this.#turn = made.catch(() => {});
    return made;
  }

  #drop(error: unknown): void {
    this.#session.drop();
    if (error instanceof TooOldError) this.#parts.leaveReads();
  }

  async #commitTogether(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    try {
      return await this.#commitGroup(batches);
    } catch (error) {
      this.#drop(error);
      // what is too much together may fit in part, and one that meets damage harms no other
      const isOfSome = isFull(error) || isDamage(error);
      if (isOfSome && batches.length > 1) return this.#commitOneByOne(batches);
      const failure = failureOf(error);
      return batches.map(() => failure);
    }
  }

  async #commitOneByOne(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const batch of batches) outcomes.push(...(await this.#commitTogether([batch])));
    return outcomes;
  }

  async #commitGroup(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    const { sealer } = this.#parts;
    const group = new Group(batches, sealer);
    const { client, locked, known } = await this.#readLocked(group);
    const outcomes = group.decide(known, locked, await this.#closedKeys(client, known));
    const { keep } = this.#ownKey;
    const key = group.puts === 0 ? undefined : sealer.keyForEntries(group.puts, keep);
    const writes = group.writes(locked, key);
    if (writes === undefined) await run(client, rollback());
    else await this.#writeAndCommit(client, writes, locked.nowMs);
    return outcomes;
  }

  /**
   * Takes the lock and reads what the group is about. A connection that turns out to be lost is
   * replaced once: nothing was written yet.
   */
  async #readLocked(group: Group) {
    const isOld = this.#session.isConnected;
    try {
      return await this.#tryReadLocked(group);
    } catch (error) {
      if (!isOld || !isLost(error)) throw error;
      this.#session.drop();
      return this.#tryReadLocked(group);
    }
  }

  async #tryReadLocked(group: Group) {
    const client = await this.#session.client();
    const { targets, puts } = group;
    const bytesMax = targets.map(({ wantsValue }) => (wantsValue ? limits.counterBytesMax : -1));
    const ownKey = this.#ownKey;
    const keyId = puts === 0 ? undefined : ownKey.keptId;
    const { memory } = this.#parts.expected;
    const { seen } = memory;
    // all are sent at once: one round trip
    const [, [row], known, maySeal, [next]] = await Promise.all([
      run(client, begin()),
      run(client, lockStore()),
      run(client, selectHeads(targets, bytesMax)),
      keyId === undefined ? undefined : run(client, selectMaySeal(keyId)),
      ownKey.id === undefined ? run(client, nextKeyId()) : [],
    ]);
    ownKey.id ??= next?.id;
    const locked = checkedLock(row, client, this.#parts.expected);
    if (maySeal !== undefined) ownKey.see(maySeal);
    // the next connection finds out what that means
    if (locked.revision < seen.revision) throw new Error('the store has gone back');
    memory.saw(locked.revision);
    return { client, locked, known };
  }

  /** Has the keys of counters that other replicas have sealed; gives those that it cannot have. */
  async #closedKeys(client: pg.Client, known: readonly KnownRow[]): Promise<ClosedKeys> {
    const { ring } = this.#parts.sealer;
    const areKnown = known.every(({ value, dataKeyId }) => value === null || ring.knows(dataKeyId));
    return areKnown ? new Map() : takeNew(ring, await run(client, selectKeys()));
  }

  /** In one round trip, too. Rejects with UncertainError once it is unknown what became of it. */
  async #writeAndCommit(client: pg.Client, writes: GroupWrites, nowMs: number): Promise<void> {
    const { written, buried, state } = writes;
    // one that seals nothing here may have been made under a key that is no longer the first
    const unsaved = written.length === 0 ? undefined : this.#ownKey.unsaved;
    const statements: Statement<unknown>[] = [
      ...(unsaved === undefined ? [] : [insertKey(unsaved)]),
      ...(written.length === 0 ? [] : [upsert(written)]),
      ...(buried.length === 0 ? [] : [bury(buried, nowMs)]),
      setState(state),
    ];
    this.#session.warning = undefined;
    const made = statements.map((statement) => run(client, statement));
    const committed = client.query(commit().config);
    const [end, ...before] = await Promise.allSettled([committed, ...made]);
    const failed = before.find((one) => one.status === 'rejected');
    // Postgres commits nothing of a transaction in which a statement has failed
    if (failed !== undefined && isStatementError(failed.reason)) throw failed.reason;
    if (end.status === 'rejected') throw new UncertainError('', { cause: end.reason });
    if (end.value.command !== 'COMMIT') throw new UncertainError(`it says ${end.value.command}`);
    const { warning } = this.#session;
    if (warning !== undefined) throw new UncertainError('', { cause: warning });
    this.#ownKey.saved(unsaved);
    this.#parts.expected.memory.saw(state.revision);
  }
}

function failureOf(error: unknown): ChangeFailure {
  if (error instanceof UncertainError) {
    return { code: 'DKV_WRITE_UNCERTAIN', cause: error.cause ?? error };
  }
  if (isFull(error)) return { code: 'DKV_STORE_FULL', cause: error };
  if (isDamage(error)) return { code: 'DKV_ENTRY_UNREADABLE', cause: error };
  if (error instanceof ReplyError) return { code: error.code, cause: error.cause };
  return { code: awayCodeOf(error), cause: error };
}
