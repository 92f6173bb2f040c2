// A program that opens stores for a proof and reads all keys of each: in a process of its own,
// since a damaged file must not end the proof with it. Started by `reader.ts`.
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { openStore } from '../../server/store/open.ts';
import type { JournalMode, Store } from '../../server/store/store.ts';

export interface Question {
  readonly location: string;
  readonly mode: JournalMode;
  readonly keys: readonly string[];
  /** Whether it is written too, and what SQLite finds afterwards. */
  readonly isWritten: boolean;
}

/** What a key holds: its value, or a code why it cannot be read; neither where there is none. */
export interface Found {
  readonly value?: string;
  readonly code?: string;
}

export interface Reply {
  /** Why it could not be opened. */
  readonly refusal?: string;
  readonly found: Readonly<Record<string, Found>>;
  /** What a write of a new key came to: `stored`, or a code. */
  readonly write?: string;
  /** What SQLite's own check says of the files after the store was closed. */
  readonly integrity?: string;
}

const log = pino({ level: 'silent' });

const codeOf = (error: unknown): string =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);

async function readKey(store: Store, key: string): Promise<Found> {
  try {
    const entry = await store.get(0, key);
    return entry === undefined ? {} : { value: String(entry.value) };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

async function writeKey(store: Store): Promise<string> {
  const key = `new ${Math.random()}`;
  try {
    const value = Buffer.from(key);
    await store.write([{ op: 'put', database: 0, key, value, contentType: 'text/plain' }]);
    const read = await readKey(store, key);
    return read.value === key ? 'stored' : `stored, then read as ${JSON.stringify(read)}`;
  } catch (error) {
    return codeOf(error);
  }
}

function integrityOf(location: string): string {
  const db = new Database(location, { fileMustExist: true });
  try {
    return String(db.pragma('integrity_check', { simple: true }));
  } catch (error) {
    return codeOf(error);
  } finally {
    db.close();
  }
}

async function reply({ location, mode, keys, isWritten }: Question): Promise<Reply> {
  const found: Record<string, Found> = {};
  let store: Store;
  try {
    store = await openStore({ location, journal: { mode } }, log, new AbortController().signal);
  } catch (error) {
    return { refusal: codeOf(error), found };
  }
  for (const key of keys) found[key] = await readKey(store, key);
  const write = isWritten ? { write: await writeKey(store) } : {};
  await store.close();
  return { found, ...write, ...(isWritten ? { integrity: integrityOf(location) } : {}) };
}

process.on('message', async (question: Question) => {
  process.send?.(await reply(question));
});
