// The connections that read: no more than allowed, each known to lead to our store, and others in
// their place when the location changes.
// Next: `session.ts` sets them up, `statements.ts` says what is asked.
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { busy, messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { isExhaustion, isLost, isSilence, replyErrorOf } from './failures.ts';
import type { DatabaseUrl } from './location.ts';
import { Pause } from './pause.ts';
import { type ExpectedStore, setUpSame } from './same-store.ts';
import { clientConfig } from './session.ts';
import type { Statement } from './statements.ts';

export interface PoolParts {
  readonly expected: ExpectedStore;
  /** The most connections. */
  readonly max: number;
  /** How many of them are kept while there is nothing to do. */
  readonly idle: number;
  readonly log: BaseLogger;
}

export class Pool {
  readonly #parts: PoolParts;
  readonly #pause = new Pause();
  /** Connections that have answered before. */
  readonly #used = new WeakSet<pg.PoolClient>();
  #location: DatabaseUrl;
  #pool: pg.Pool;
  /** Those that it reads by no longer, and that have not ended. */
  readonly #left = new Set<pg.Pool>();

  constructor(location: DatabaseUrl, parts: PoolParts) {
    this.#parts = parts;
    this.#location = location;
    this.#pool = this.#open(location);
  }

  /** How many connections there are, and how many of them have nothing to do. */
  get connections(): { readonly open: number; readonly idle: number } {
    return { open: this.#pool.totalCount, idle: this.#pool.idleCount };
  }

  /** Reads. Rejects with ReplyError. */
  async read<Row>(statement: Statement<Row>): Promise<Row[]> {
    if (this.#pool.waitingCount >= limits.poolWaitingMax) throw busy();
    // more connections may be refused while those that are there serve
    if (this.#pool.idleCount === 0) this.#pause.check();
    try {
      return await this.#ask(statement);
    } catch (error) {
      throw replyErrorOf(error);
    }
  }

  /** Goes on with connections to another location, once one has proved to lead to our store. */
  async renew(location: DatabaseUrl): Promise<void> {
    const next = this.#open(location);
    try {
      (await next.connect()).release();
    } catch (error) {
      await next.end();
      throw error;
    }
    this.#location = location;
    this.#pause.succeeded();
    this.#goOnWith(next);
  }

  /**
   * Reads by new connections from now on: the old ones may lead to a server whose place another one
   * has taken, and which does not know that.
   */
  leave(): void {
    this.#goOnWith(this.#open(this.#location));
  }

  /** What runs on the connections before, or waits for one of them, comes to its end there. */
  #goOnWith(next: pg.Pool): void {
    const old = this.#pool;
    this.#pool = next;
    // a pool that ends answers nobody who waits: by then each has a connection, or has given up
    const waitMs = old.waitingCount === 0 ? 0 : limits.databaseConnectTimeoutMs;
    this.#left.add(old);
    setTimeout(() => void this.#end(old), waitMs).unref();
  }

  async close(): Promise<void> {
    const left = [...this.#left].map((pool) => this.#end(pool));
    await Promise.all([this.#pool.end(), ...left]);
  }

  async #end(left: pg.Pool): Promise<void> {
    if (this.#left.delete(left)) await left.end();
  }

  /** Old connections that turn out to be lost are replaced: reading twice changes nothing. */
  async #ask<Row>({ config }: Statement<Row>): Promise<Row[]> {
    const pool = this.#pool;
    const client = await this.#connected();
    const isOld = this.#used.has(client);
    this.#used.add(client);
    try {
      const { rows } = await client.query(config);
      client.release();
      return rows;
    } catch (error) {
      client.release(true);
      // a server that is gone without a word is at the end of the other connections, too
      if (isOld && isSilence(error) && pool === this.#pool) this.leave();
      if (!isOld || !isLost(error) || isSilence(error)) throw error;
      return this.#ask({ config });
    }
  }

  async #connected(): Promise<pg.PoolClient> {
    const pool = this.#pool;
    try {
      const client = await pool.connect();
      this.#pause.succeeded();
      return client;
    } catch (error) {
      // who has waited for those of before may do with the new ones: nothing was asked yet
      if (pool !== this.#pool) return this.#connected();
      if (!isExhaustion(error)) this.#pause.failed(error);
      throw error;
    }
  }

  #open({ url }: DatabaseUrl): pg.Pool {
    const { expected, max, idle, log } = this.#parts;
    const pool = new pg.Pool({
      ...clientConfig(url, { timeoutMs: limits.databaseReadTimeoutMs }),
      max,
      min: Math.min(idle, max),
      idleTimeoutMillis: limits.databaseIdleTimeoutMs,
      // an old primary that nobody else reaches any more must not be read for ever
      maxLifetimeSeconds: limits.databaseLifetimeMs / 1000,
      onConnect: (client) => {
        // who waits for an answer is told by it
        client.on('error', () => {});
        return setUpSame(client, expected);
      },
    });
    pool.on('error', (error) => {
      log.warn({ reason: messageOf(error) }, 'a connection to Postgres is lost');
    });
    return pool;
  }
}
