// Where the Postgres is: a URL, given as it is or in a file that is read again when it changes. It
// holds a password, so nothing of it is repeated in an error or a log but host and database.
// Next: `session.ts` connects there.
import { readFile, stat } from 'node:fs/promises';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { poll } from '../../poll.ts';

export interface LocationSource {
  readonly url?: string | undefined;
  readonly file?: string | undefined;
}

/** A URL with what may be shown of it. */
export interface DatabaseUrl {
  readonly url: string;
  readonly shown: string;
}

const PROTOCOLS = ['postgres:', 'postgresql:'];
/** Those that mean the same here as for every other program; `prefer` would promise nothing. */
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** Checks a URL. Throws an Error that repeats nothing of it. */
export function databaseUrlOf(text: string): DatabaseUrl {
  const url = URL.parse(text.trim());
  if (url === null || !PROTOCOLS.includes(url.protocol)) {
    throw new Error('it is no URL like postgres://user:password@host:5432/database');
  }
  const sslMode = url.searchParams.get('sslmode');
  if (sslMode !== null && !SSL_MODES.includes(sslMode)) {
    throw new Error(`its sslmode must be one of ${SSL_MODES.join(', ')}`);
  }
  const host = url.searchParams.get('host') ?? url.hostname;
  if (host === '') throw new Error('it names no host');
  // the driver's own meaning of these modes is another one than that of Postgres
  url.searchParams.set('uselibpqcompat', 'true');
  const port = url.searchParams.get('port') ?? url.port;
  return { url: url.href, shown: `${host}${port && `:${port}`}${url.pathname}` };
}

/** The URL as it is now, and word of each change. */
export interface Location {
  readonly current: DatabaseUrl;
  /**
   * Reads the file again until `close`. The former location stays, and the new one is tried again,
   * as long as `changed` rejects.
   */
  watch(changed: (next: DatabaseUrl) => Promise<void>): void;
  close(): void;
}

/** Reads the location. Throws DKV_CONFIG_INVALID. */
export async function openLocation(
  { url, file }: LocationSource,
  log: BaseLogger,
  pollMs: number = limits.tokensPollMs,
): Promise<Location> {
  const name = file === undefined ? 'DATABASE_LOCATION' : `DATABASE_LOCATION_FILE ${file}`;
  try {
    const text = file === undefined ? (url ?? '') : await readBounded(file);
    return new WatchedLocation(databaseUrlOf(text), file, log, pollMs);
  } catch (error) {
    // without its cause, which may repeat the URL
    throw new StartError('DKV_CONFIG_INVALID', `${name} cannot be used: ${messageOf(error)}.`);
  }
}

class WatchedLocation implements Location {
  current: DatabaseUrl;
  readonly #file: string | undefined;
  readonly #log: BaseLogger;
  readonly #pollMs: number;
  #complaint = '';

  constructor(current: DatabaseUrl, file: string | undefined, log: BaseLogger, pollMs: number) {
    this.current = current;
    this.#file = file;
    this.#log = log;
    this.#pollMs = pollMs;
  }

  watch(changed: (next: DatabaseUrl) => Promise<void>): void {
    const file = this.#file;
    if (file !== undefined) this.close = poll(() => this.#look(file, changed), this.#pollMs);
  }

  close = (): void => {};

  async #look(file: string, changed: (next: DatabaseUrl) => Promise<void>): Promise<void> {
    try {
      const found = databaseUrlOf(await readBounded(file));
      if (found.url !== this.current.url) {
        await changed(found);
        this.current = found;
        this.#log.info({ database: found.shown }, 'the location of the database has changed');
      }
      this.#complaint = '';
    } catch (error) {
      const reason = messageOf(error);
      if (reason === this.#complaint) return;
      this.#complaint = reason;
      this.#log.error({ reason }, 'DATABASE_LOCATION_FILE cannot be used; the old location stays');
    }
  }
}

async function readBounded(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > limits.locationFileBytesMax) throw new Error('it is too long');
  return readFile(path, 'utf8');
}
