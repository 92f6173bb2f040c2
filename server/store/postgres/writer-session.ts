// The one connection that writes: opened when it is needed, with pauses while the database is away,
// and given up as soon as it cannot be trusted.
// Next: `writer.ts` runs its transactions on it.
import type pg from 'pg';
import type { BaseLogger } from 'pino';
import { limits } from '../../limits.ts';
import type { StoredKey } from '../../sealing/rotation.ts';
import { selectKeys } from './key-statements.ts';
import type { DatabaseUrl } from './location.ts';
import { Pause } from './pause.ts';
import { type ExpectedStore, setUpSame } from './same-store.ts';
import { openSession, run } from './session.ts';
import { endStuckSessions } from './stuck-sessions.ts';

export interface WriterSessionParts {
  readonly expected: ExpectedStore;
  /** Called with each new connection, before anything is written by it, and the keys there. */
  readonly connected: (stored: readonly StoredKey[]) => void;
  readonly log: BaseLogger;
}

export class WriterSession {
  readonly #parts: WriterSessionParts;
  readonly #pause = new Pause();
  #location: DatabaseUrl;
  #client: pg.Client | undefined;
  /** Of the last timeline that was known when the connection was made. */
  #mark = '';
  #isClosed = false;
  /** What Postgres has warned of since this was made undefined. */
  warning: unknown;

  constructor(location: DatabaseUrl, parts: WriterSessionParts) {
    this.#location = location;
    this.#parts = parts;
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  /** The connection, opened where there is none. */
  async client(): Promise<pg.Client> {
    const { memory } = this.#parts.expected;
    // another one has taken over, as a connection that reads has found out
    if (memory.seen.timeline.mark !== this.#mark) this.drop();
    if (this.#client !== undefined) return this.#client;
    // what goes on in the background may come once more
    if (this.#isClosed) throw new Error('the store is closed');
    this.#pause.check();
    try {
      const { expected, connected, log } = this.#parts;
      const options = { timeoutMs: limits.databaseWriteTimeoutMs, pipeline: true };
      let stored: readonly StoredKey[] = [];
      const client = await openSession(this.#location.url, options, async (opened) => {
        await setUpSame(opened, expected);
        const ended = await endStuckSessions(opened);
        if (ended > 0)
          log.warn({ ended }, 'ended a replica that was stuck in the middle of a write');
        stored = await run(opened, selectKeys());
      });
      client.on('end', () => this.#forget(client));
      client.on('notice', (notice) => this.#warned(notice));
      connected(stored);
      this.#client = client;
      this.#mark = memory.seen.timeline.mark;
      this.#pause.succeeded();
      return client;
    } catch (error) {
      this.#pause.failed(error);
      throw error;
    }
  }

  /** Another one comes in its place. */
  drop(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => {});
  }

  /** Goes on with a connection to another location. */
  renew(location: DatabaseUrl): void {
    this.#location = location;
    this.#pause.succeeded();
    this.drop();
  }

  /** No other one comes. */
  close(): void {
    this.#isClosed = true;
    this.drop();
  }

  #forget(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
  }

  /** Such as that a commit did not wait for its standby. */
  #warned(notice: { readonly message?: string | undefined }): void {
    this.warning = notice;
    this.#parts.log.warn({ reason: notice.message }, 'Postgres warns the writer');
  }
}
