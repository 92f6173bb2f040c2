// The store as it runs, with its writer in a thread: once the writer has gone over to another file,
// after a failure, reading follows before anything is acknowledged there.
// Healing itself is in `store-healing.test.ts`, the reader in `store-reader.test.ts`.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { silentLog } from './support/captured-log.ts';
import { breakFile, copyOf, putInPlace } from './support/exchanged-files.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

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
  const copy = copyOf(location);
  breakFile(location);
  putInPlace(copy, location);
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
