// Who wants to know of changes that other replicas make: a hint by NOTIFY says that there is one,
// and a look at the revision every second makes sure of it where no hint comes.
// Next: `engine.ts` hands the news on.
import type pg from 'pg';
import type { BaseLogger } from 'pino';
import { messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { poll } from '../../poll.ts';
import type { DatabaseUrl } from './location.ts';
import type { Pool } from './pool.ts';
import { type ExpectedStore, setUpSame } from './same-store.ts';
import { openSession } from './session.ts';
import { notify, selectState } from './statements.ts';

export interface WatchersParts {
  readonly pool: Pick<Pool, 'read'>;
  readonly expected: ExpectedStore;
  readonly log: BaseLogger;
}

export class Watchers {
  readonly #parts: WatchersParts;
  readonly #channel: string;
  #location: DatabaseUrl;
  readonly #listeners = new Set<() => void>();
  #client: Promise<pg.Client | undefined> | undefined;
  #endPoll = (): void => {};
  #hintTimer: NodeJS.Timeout | undefined;
  #revision = 0;

  constructor(location: DatabaseUrl, parts: WatchersParts) {
    this.#location = location;
    this.#parts = parts;
    this.#channel = `dumbkv_${parts.expected.storeId.replaceAll('-', '')}`;
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

  /** Listens at another location from the next look on. */
  async renew(location: DatabaseUrl): Promise<void> {
    this.#location = location;
    await this.#hangUp();
  }

  async close(): Promise<void> {
    clearTimeout(this.#hintTimer);
    this.#listeners.clear();
    await this.#stop();
  }

  #start(): void {
    this.#listen();
    this.#endPoll = poll(() => this.#look(), limits.feedPollMs);
  }

  async #stop(): Promise<void> {
    this.#endPoll();
    await this.#hangUp();
  }

  async #hangUp(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await (await client)?.end().catch(() => {});
  }

  /** The first look tells in any case: something may have come before it. */
  async #look(): Promise<void> {
    this.#listen();
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
  #listen(): void {
    if (this.#client !== undefined || this.#listeners.size === 0) return;
    const client = this.#openListener().catch((error: unknown) => {
      this.#parts.log.debug({ reason: messageOf(error) }, 'no hints of other replicas');
      return undefined;
    });
    this.#client = client;
    const forget = () => {
      if (this.#client === client) this.#client = undefined;
    };
    void client.then((opened) => (opened === undefined ? forget() : opened.on('end', forget)));
  }

  #openListener(): Promise<pg.Client> {
    const { expected } = this.#parts;
    const options = { timeoutMs: limits.databaseReadTimeoutMs };
    return openSession(this.#location.url, options, async (opened) => {
      await setUpSame(opened, expected);
      opened.on('notification', this.tell);
      await opened.query(`LISTEN ${this.#channel}`);
    });
  }
}
