// Pages on Postgres that are longer than what is read at once: nothing is left out where one part
// ends and the next begins.
import { expect } from 'vitest';
import type { Change } from '../../server/store/change.ts';
import type { FeedEvent, Store } from '../../server/store/store.ts';
import { freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';

const opened = async (): Promise<Store> =>
  openReplica(await freshDatabase(server), sealingKeyFile());

const keyAt = (at: number): string => `${at % 3 === 0 ? 'third' : 'other'}/${at}`;

/** Stores many entries, some hundred in each batch. */
async function fill(store: Store, count: number, valueBytes: number): Promise<void> {
  const value = Buffer.alloc(valueBytes, 'x');
  const changes = Array.from(
    { length: count },
    (_, at): Change => ({ op: 'put', database: 0, key: keyAt(at), value, contentType: 'a/b' }),
  );
  const batches = Array.from({ length: Math.ceil(count / 100) }, (_, at) =>
    changes.slice(at * 100, (at + 1) * 100),
  );
  await Promise.all(batches.map((batch) => store.write(batch)));
}

async function scanned(store: Store, request: { prefix: string; limit: number }) {
  const keys: string[] = [];
  let after: Buffer | undefined;
  do {
    const page = await store.scan({ database: 0, withValues: true, ...request, after });
    keys.push(...page.entries.map(({ key }) => key));
    after = page.next;
  } while (after !== undefined);
  return keys;
}

const expectedKeys = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, at) => keyAt(at))
    .filter((key) => key.startsWith(prefix))
    .sort();

testWithPostgres('a scan by prefix goes on beyond the names that are opened at once', async () => {
  const store = await opened();
  await fill(store, 1_300, 10);
  for (const limit of [7, 500, 5_000]) {
    const keys = await scanned(store, { prefix: 'third/', limit });
    expect(keys.sort()).toEqual(expectedKeys(1_300, 'third/'));
  }
});

/** As they are sealed, the values are longer than a page; as they are read, they are not. */
const MANY = { entries: 4_150, valueBytes: 1_000 };

testWithPostgres('a page that is cut for its sealed bytes leaves nothing out', async () => {
  const store = await opened();
  await fill(store, MANY.entries, MANY.valueBytes);
  const keys = await scanned(store, { prefix: '', limit: 5_000 });
  expect(keys.sort()).toEqual(expectedKeys(MANY.entries, ''));
  const events: FeedEvent[] = [];
  let after = 0;
  let hasMore = true;
  while (hasMore) {
    const request = { database: 0, afterRevision: after, limit: 5_000, withValues: true };
    const page = await store.changes(request);
    events.push(...page.events);
    after = page.revision;
    hasMore = page.hasMore;
  }
  const revisions = Array.from({ length: MANY.entries }, (_, at) => at + 1);
  expect(events.map(({ revision }) => revision)).toEqual(revisions);
});

testWithPostgres('what comes and goes within one batch is told as gone', async () => {
  const store = await opened();
  const target = { database: 0, key: 'k' };
  const { results } = await store.write([
    { op: 'put', ...target, value: Buffer.from('v'), contentType: 'a/b', ttlMs: 60_000 },
    { op: 'remove', ...target },
  ]);
  expect(results?.map(({ revision }) => revision)).toEqual([1, 2]);
  const page = await store.changes({ database: 0, afterRevision: 0, limit: 5, withValues: true });
  expect(page.events).toEqual([{ kind: 'remove', key: 'k', revision: 2 }]);
  expect(await store.state()).toMatchObject({ keys: 0, storedBytes: 0, removals: 1 });
});
