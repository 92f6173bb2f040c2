// The writer on Postgres: makes each group of batches one transaction on the one connection that
// writes. What was sent for commit is never sent again.
// Next: `transaction.ts` decides, `statements.ts` has the SQL.
import type pg from 'pg';
import type { BaseLogger } from 'pino';
import { limits } from '../../limits.ts';
import type { Sealer } from '../../sealing/sealer.ts';
import type { Batch, ChangeFailure, Outcome } from '../change.ts';
import type { GroupWriter } from '../group-commit.ts';
import type { Identity } from '../identity.ts';
import { isFull, isLost, isStatementError, replyErrorOf } from './failures.ts';
import { NewKey, type ReplicaKeys } from './keys.ts';
import type { DatabaseUrl } from './location.ts';
import { Pause } from './pause.ts';
import { isDurable, openSession, run, setUpSame } from './session.ts';
import {
  begin,
  bury,
  commit,
  insertKey,
  type LockedRow,
  lockStore,
  nextKeyId,
  rollback,
  type Statement,
  selectHeads,
  setState,
  upsert,
} from './statements.ts';
import { Group, type GroupWrites } from './transaction.ts';

export interface WriterParts {
  readonly identity: Identity;
  readonly sealer: Sealer;
  readonly keys: ReplicaKeys;
  /** The newest schema that this release knows. */
  readonly schemaVersion: number;
  /** Called with each new connection, before anything is written by it. */
  readonly connected: () => void;
  readonly log: BaseLogger;
}

/** It is not known whether Postgres has committed. */
class UncertainError extends Error {}

export class PostgresWriter implements GroupWriter {
  readonly #parts: WriterParts;
  readonly #pause = new Pause();
  readonly #newKey = new NewKey();
  #location: DatabaseUrl;
  #client: pg.Client | undefined;
  /** What is under way, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Postgres has warned of something since the commit was sent. */
  #warning: unknown;

  constructor(location: DatabaseUrl, parts: WriterParts) {
    this.#location = location;
    this.#parts = parts;
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  commit(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    return this.#next(() => this.#commitTogether(batches));
  }

  /** Runs statements in a transaction of their own, between two groups. Rejects with any error. */
  transact<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    return this.#next(async () => {
      const client = await this.#connected();
      const ask: Ask = (statement) => run(client, statement);
      try {
        await ask(begin());
        const made = await work(ask);
        await ask(commit());
        return made;
      } catch (error) {
        this.#drop();
        throw error;
      }
    });
  }

  async ping(): Promise<void> {
    await this.#next(() => this.#connected()).catch((error: unknown) => {
      throw replyErrorOf(error);
    });
  }

  /** Goes on with a connection to another location, after what is under way. */
  renew(location: DatabaseUrl): Promise<void> {
    return this.#next(async () => {
      this.#location = location;
      this.#pause.succeeded();
      this.#drop();
    });
  }

  async close(): Promise<void> {
    await this.#next(async () => this.#drop());
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const made = this.#turn.then(work);
    this.#turn = made.catch(() => {});
    return made;
  }

  async #commitTogether(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    try {
      return await this.#commitGroup(batches);
    } catch (error) {
      this.#drop();
      // what is too much together may fit in part
      if (isFull(error) && batches.length > 1) return this.#commitOneByOne(batches);
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
    const { sealer, keys } = this.#parts;
    const group = new Group(batches, sealer);
    const { client, locked, known } = await this.#readLocked(group);
    await keys.meet(known.filter(({ value }) => value !== null));
    const outcomes = group.decide(known, locked);
    const key = group.puts === 0 ? undefined : sealer.keyForEntries(group.puts, this.#newKey.keep);
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
    const isOld = this.#client !== undefined;
    try {
      return await this.#tryReadLocked(group);
    } catch (error) {
      if (!isOld || !isLost(error)) throw error;
      this.#drop();
      return this.#tryReadLocked(group);
    }
  }

  async #tryReadLocked(group: Group) {
    const client = await this.#connected();
    const { targets } = group;
    const bytesMax = targets.map(({ wantsValue }) => (wantsValue ? limits.counterBytesMax : -1));
    // all are sent at once: one round trip
    const [, [locked], known, [next]] = await Promise.all([
      run(client, begin()),
      run(client, lockStore()),
      run(client, selectHeads(targets, bytesMax)),
      this.#newKey.id === undefined ? run(client, nextKeyId()) : [],
    ]);
    this.#newKey.id ??= next?.id;
    return { client, locked: this.#checked(locked), known };
  }

  #checked(locked: LockedRow | undefined): LockedRow {
    if (locked === undefined) throw new Error('the row of identity is missing');
    // a pooler in between may have handed on another session than the one that was set up
    if (!isDurable(locked.synchronousCommit)) throw new Error('synchronous_commit is not on');
    if (locked.oldestReaderVersion <= this.#parts.schemaVersion) return locked;
    throw new Error('a newer release has changed the store, and this one may no longer write it');
  }

  /** In one round trip, too. Rejects with UncertainError once it is unknown what became of it. */
  async #writeAndCommit(client: pg.Client, writes: GroupWrites, nowMs: number): Promise<void> {
    const { written, buried, state } = writes;
    const { unsaved } = this.#newKey;
    const statements: Statement<unknown>[] = [
      ...(unsaved === undefined ? [] : [insertKey(unsaved)]),
      ...(written.length === 0 ? [] : [upsert(written)]),
      ...(buried.length === 0 ? [] : [bury(buried, nowMs)]),
      setState(state),
    ];
    this.#warning = undefined;
    const made = statements.map((statement) => run(client, statement));
    const committed = client.query(commit().config);
    const [end, ...before] = await Promise.allSettled([committed, ...made]);
    const failed = before.find((one) => one.status === 'rejected');
    // Postgres commits nothing of a transaction in which a statement has failed
    if (failed !== undefined && isStatementError(failed.reason)) throw failed.reason;
    if (end.status === 'rejected') throw new UncertainError('', { cause: end.reason });
    if (end.value.command !== 'COMMIT') throw new UncertainError(`it says ${end.value.command}`);
    if (this.#warning !== undefined) throw new UncertainError('', { cause: this.#warning });
    if (unsaved !== undefined) this.#newKey.unsaved = undefined;
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    this.#pause.check();
    try {
      const { identity, sealer, log } = this.#parts;
      const options = { timeoutMs: limits.databaseWriteTimeoutMs, pipeline: true };
      const client = await openSession(this.#location.url, options, (opened) =>
        setUpSame(opened, identity),
      );
      client.on('end', () => this.#forget(client));
      // such as that a commit did not wait for its standby
      client.on('notice', (notice) => {
        this.#warning = notice;
        log.warn({ reason: notice.message }, 'Postgres warns the writer');
      });
      this.#newKey.giveUp(sealer.ring);
      this.#parts.connected();
      this.#client = client;
      this.#pause.succeeded();
      return client;
    } catch (error) {
      this.#pause.failed(error);
      throw error;
    }
  }

  #forget(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => {});
  }
}

/** Asks in the transaction that `transact` has begun. */
export type Ask = <Row>(statement: Statement<Row>) => Promise<Row[]>;

function failureOf(error: unknown): ChangeFailure {
  if (error instanceof UncertainError) {
    return { code: 'DKV_WRITE_UNCERTAIN', cause: error.cause ?? error };
  }
  if (isFull(error)) return { code: 'DKV_STORE_FULL', cause: error };
  return { code: 'DKV_STORE_UNAVAILABLE', cause: error };
}
