// The store as it runs, with its writer in a thread: once the writer has gone over to another file,
// after a failure, reading follows before anything is acknowledged there.
// Healing itself is in `store-healing.test.ts`, the reader in `store-reader.test.ts`.
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { silentLog } from './support/captured-log.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

/** Makes every write to the file as it is now fail, and puts a whole copy in its place. */
function breakAndExchange(location: string): void {
  const stranger = new Database(location);
  stranger.pragma('wal_checkpoint(TRUNCATE)');
  copyFileSync(location, `${location}.copy`);
  stranger.exec("CREATE TRIGGER broken BEFORE UPDATE ON store BEGIN SELECT RAISE(FAIL, 'no'); END");
  stranger.close();
  for (const end of ['-wal', '-shm']) rmSync(`${location}${end}`);
  renameSync(`${location}.copy`, location);
}

const isStored = (store: Store, text: string): Promise<boolean> =>
  put(store, 0, 'k', Buffer.from(text)).then(
    ({ stored }) => stored,
    () => false,
  );

test('what is acknowledged after healing is what is read', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const store = await openStore({ location }, silentLog, new AbortController().signal);
  await put(store, 0, 'k', Buffer.from('before'));
  expect(String(await valueAt(store, 0, 'k'))).toBe('before');
  breakAndExchange(location);
  expect(await isStored(store, 'lost with the old file')).toBe(false);
  for (let i = 0; i < 20; i += 1) {
    const text = `after ${i}`;
    await waitFor('a write to be acknowledged', () => isStored(store, text));
    expect(String(await valueAt(store, 0, 'k'))).toBe(text);
  }
  await store.close();
  const again = await openStore({ location }, silentLog, new AbortController().signal);
  expect(String(await valueAt(again, 0, 'k'))).toBe('after 19');
  await again.close();
});
