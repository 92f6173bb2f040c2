// A store with some of everything, what it shows to those who use it, and a writer whose rotation a
// test drives step by step.
// Used by tests of the rotation of sealing keys.
import { readFileSync } from 'node:fs';
import { parseSealingKeyFile } from '../../../server/sealing/key-file.ts';
import { inspect } from '../../../server/store/connection.ts';
import { readIdentity } from '../../../server/store/identity.ts';
import { openWriter } from '../../../server/store/open-writer.ts';
import type { FeedEvent, NamedEntry, Store, StoreState } from '../../../server/store/store.ts';
import type { Writer } from '../../../server/store/writer.ts';
import { silentLog } from './captured-log.ts';
import { columnIn, type Files, newFiles, openWith } from './key-files.ts';
import { put, remove } from './store-calls.ts';

const DATABASES = [0, 7];
const LONG_MS = 24 * 60 * 60 * 1000;

/** Fills a store with values of many sizes, ends, media types and removals, in two databases. */
export async function fillStore(store: Store, entries: number): Promise<void> {
  const writes = Array.from({ length: entries }, async (_, at) => {
    const database = DATABASES[at % 2] ?? 0;
    const value = Buffer.alloc(at % 50 === 0 ? 30_000 : at % 90, at % 256);
    const contentType = at % 3 === 0 ? 'application/octet-stream' : undefined;
    const options = {
      ...(contentType && { contentType }),
      ...(at % 4 === 0 && { ttlMs: LONG_MS }),
    };
    await put(store, database, `key ${at}`, value, options);
    if (at % 10 === 9) await remove(store, database, `key ${at}`);
  });
  await Promise.all(writes);
}

/** A closed store with so many entries, sealed under key 1. */
export async function filledStore(entries: number): Promise<Files> {
  const files = newFiles();
  const store = await openWith(files);
  await fillStore(store, entries);
  await store.close();
  return files;
}

/** All that a store shows of its entries. */
export interface Shown {
  readonly state: StoreState;
  readonly entries: NamedEntry[];
  readonly events: FeedEvent[];
  readonly unreadable: number;
}

/** Reads everything by the calls of a store. */
export async function shownBy(store: Store): Promise<Shown> {
  const entries: NamedEntry[] = [];
  const events: FeedEvent[] = [];
  let unreadable = 0;
  for (const database of DATABASES) {
    for (let after: Buffer | undefined, isFirst = true; isFirst || after; isFirst = false) {
      const page = await store.scan({ database, after, limit: 1_000, withValues: true });
      entries.push(...page.entries);
      unreadable += page.unreadable;
      after = page.next;
    }
    for (let afterRevision = 0, hasMore = true; hasMore; ) {
      const request = { database, afterRevision, limit: 1_000, withValues: true };
      const page = await store.changes(request);
      events.push(...page.events);
      ({ revision: afterRevision, hasMore } = page);
    }
  }
  return { state: await store.state(), entries, events, unreadable };
}

/** A writer of a closed store, with nobody who rotates but the test. */
export function writerOf({ location, sealingKeyFile }: Files, log = silentLog): Writer {
  const identity = inspect(location, (db) => readIdentity(db, location));
  const keys = parseSealingKeyFile(readFileSync(sealingKeyFile, 'utf8'));
  return openWriter({ location, journalMode: 'wal', identity, keys }, log, {});
}

/** One step; undefined where it failed. */
export const step = (writer: Writer): boolean | undefined =>
  writer.inBackground((session) => writer.rotation.next(session));

/** Under which keys the data keys were made that entries are sealed with. */
export const madeUnder = (location: string): unknown[] =>
  columnIn(
    location,
    `SELECT DISTINCT made_under FROM entries JOIN sealing_keys k ON k.id = data_key_id`,
  );
