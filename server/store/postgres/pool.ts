// The connections that read: no more than allowed, each known to lead to our store, and others in
// their place when the location changes.
// Next: `session.ts` sets them up, `statements.ts` says what is asked.
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { busy, messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Identity } from '../identity.ts';
import { isLost, replyErrorOf } from './failures.ts';
import type { DatabaseUrl } from './location.ts';
import { Pause } from './pause.ts';
import { clientConfig, setUpSame } from './session.ts';
import type { Statement } from './statements.ts';

export interface PoolParts {
  readonly identity: Identity;
  /** The most connections. */
  readonly max: number;
  /** How many of them are kept while there is nothing to do. */
  readonly idle: number;
  readonly log: BaseLogger;
}

export class Pool {
  readonly #parts: PoolParts;
  readonly #pause = new Pause();
  #pool: pg.Pool;

  constructor(location: DatabaseUrl, parts: PoolParts) {
    this.#parts = parts;
    this.#pool = this.#open(location);
  }

  /** How many connections there are, and how many of them have nothing to do. */
  get connections(): { readonly open: number; readonly idle: number } {
    return { open: this.#pool.totalCount, idle: this.#pool.idleCount };
  }

  /**
   * Reads. A connection that is lost is replaced once, since nothing is changed by reading twice.
   * Rejects with ReplyError.
   */
  async read<Row>(statement: Statement<Row>): Promise<Row[]> {
    if (this.#pool.waitingCount >= limits.poolWaitingMax) throw busy();
    this.#pause.check();
    try {
      return await this.#ask(statement).catch((error: unknown) => {
        if (!isLost(error) || this.#pool.totalCount === 0) throw error;
        return this.#ask(statement);
      });
    } catch (error) {
      if (isLost(error) && this.#pool.totalCount === 0) this.#pause.failed(error);
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
    const old = this.#pool;
    this.#pool = next;
    this.#pause.succeeded();
    // what is under way there is answered first
    await old.end();
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #ask<Row>({ config }: Statement<Row>): Promise<Row[]> {
    const { rows } = await this.#pool.query(config);
    this.#pause.succeeded();
    return rows;
  }

  #open({ url }: DatabaseUrl): pg.Pool {
    const { identity, max, idle, log } = this.#parts;
    const pool = new pg.Pool({
      ...clientConfig(url, { timeoutMs: limits.databaseReadTimeoutMs }),
      max,
      min: Math.min(idle, max),
      idleTimeoutMillis: limits.databaseIdleTimeoutMs,
      onConnect: (client) => setUpSame(client, identity),
    });
    pool.on('error', (error) => {
      log.warn({ reason: messageOf(error) }, 'a connection to Postgres is lost');
    });
    return pool;
  }
}
