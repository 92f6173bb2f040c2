// Who wants to know of changes that other replicas make: a hint by NOTIFY says that there is one,
// and a look at the revision every second makes sure of it where no hint comes.
// Next: `engine.ts` hands the news on.
import type pg from 'pg';
import type { BaseLogger } from 'pino';
import { messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Identity } from '../identity.ts';
import type { DatabaseUrl } from './location.ts';
import type { Pool } from './pool.ts';
import { openSession, setUpSame } from './session.ts';
import { notify, selectState } from './statements.ts';

export interface WatchersParts {
  readonly pool: Pick<Pool, 'read'>;
  readonly location: { readonly current: DatabaseUrl };
  readonly identity: Identity;
  readonly log: BaseLogger;
}

export class Watchers {
  readonly #parts: WatchersParts;
  readonly #channel: string;
  readonly #listeners = new Set<() => void>();
  #client: Promise<pg.Client | undefined> | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #hintTimer: NodeJS.Timeout | undefined;
  #revision = 0;

  constructor(parts: WatchersParts) {
    this.#parts = parts;
    this.#channel = `dumbkv_${parts.identity.storeId.replaceAll('-', '')}`;
  }

  get isListening(): boolean {
    return this.#client !== undefined;
  }

  /** Tells of changes from now on; the first listener has the database asked, the last ends it. */
  watch(listener: () => void): () => void {
    const told = () => listener();
    this.#listeners.add(told);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(told);
      if (this.#listeners.size === 0) void this.#stop();
    };
  }

  readonly tell = (): void => {
    for (const listener of this.#listeners) listener();
  };

  /** Gives other replicas the hint, once for all that is written in a short time. */
  hint(): void {
    this.#hintTimer ??= setTimeout(() => {
      this.#hintTimer = undefined;
      this.#parts.pool.read(notify(this.#channel)).catch(() => {});
    }, limits.hintDelayMs).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#hintTimer);
    this.#listeners.clear();
    await this.#stop();
  }

  #start(): void {
    this.#client ??= this.#listen();
    this.#pollTimer = setTimeout(() => {
      void this.#look().finally(() => {
        if (this.#listeners.size > 0) this.#start();
      });
    }, limits.feedPollMs).unref();
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#pollTimer);
    const client = this.#client;
    this.#client = undefined;
    await (await client)?.end().catch(() => {});
  }

  /** The first look only learns where the store stands: who watches has read it before. */
  async #look(): Promise<void> {
    try {
      const [state] = await this.#parts.pool.read(selectState());
      if (state === undefined || state.revision === this.#revision) return;
      this.#revision = state.revision;
      this.tell();
    } catch {
      // who reads meets the same failure, and tells it
    }
  }

  /** Without hints the looks are enough, so a failure is no more than a line in the log. */
  async #listen(): Promise<pg.Client | undefined> {
    const { location, identity, log } = this.#parts;
    try {
      const options = { timeoutMs: limits.databaseReadTimeoutMs };
      const client = await openSession(location.current.url, options, async (opened) => {
        await setUpSame(opened, identity);
        await opened.query(`LISTEN ${this.#channel}`);
      });
      client.on('notification', this.tell);
      client.on('end', () => {
        this.#client = undefined;
      });
      return client;
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'no hints of other replicas');
      this.#client = undefined;
      return undefined;
    }
  }
}
