// Copies of a store that are put in its place while it is served, and found there by healing after
// a failure: nothing is kept of the file before, and no revision comes twice.
// Healing into the same file is in `store-healing.test.ts`, reading in `store-followed.test.ts`.
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Batch } from '../../server/store/change.ts';
import { inspect } from '../../server/store/connection.ts';
import { readIdentity } from '../../server/store/identity.ts';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { Writer } from '../../server/store/writer.ts';
import { silentLog } from './support/captured-log.ts';
import { breakFile, copyOf, putInPlace } from './support/exchanged-files.ts';
import { newFiles } from './support/key-files.ts';
import { breakWrites, openWithConnection } from './support/open-with-connection.ts';
import { startServer } from './support/server-process.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const bytes = (text: string): Buffer => Buffer.from(text);
const textAt = async (store: Store, key: string) => (await valueAt(store, 0, key))?.toString();

describe.each(['wal', 'truncate'] as const)('in mode %s', (mode) => {
  function opener() {
    const files = newFiles();
    const open = async (location = files.location): Promise<Store> => {
      const options = { ...files, location, journal: { mode } };
      const store = await openStore(options, silentLog, new AbortController().signal);
      onTestFinished(() => store.close().catch(() => {}));
      return store;
    };
    return { location: files.location, open };
  }

  /** Has a write fail on the file as it is, which makes a data key there, and one succeed. */
  async function goOver(store: Store, copy: string, location: string): Promise<void> {
    breakFile(location);
    await expect(put(store, 0, 'lost', bytes('v'))).rejects.toThrow();
    putInPlace(copy, location);
    const isStored = () =>
      put(store, 0, 'new', bytes('after')).then(
        ({ stored }) => stored,
        () => false,
      );
    await waitFor('a write to be acknowledged', isStored);
  }

  test('a data key that the copy lacks seals nothing any more', async () => {
    const { location, open } = opener();
    const store = await open();
    await goOver(store, copyOf(location), location);
    expect(await textAt(store, 'new')).toBe('after');
    await store.close();
    expect(await textAt(await open(), 'new')).toBe('after');
  });

  test('of what was read nothing stays, nor a key whose id another one has there', async () => {
    const { location, open } = opener();
    const store = await open();
    const copy = copyOf(location);
    await put(store, 0, 'k', bytes('ours'));
    for (let i = 0; i < 2; i += 1) expect(await textAt(store, 'k')).toBe('ours');
    const elsewhere = await open(copy);
    for (const key of ['k', 'other']) await put(elsewhere, 0, key, bytes('theirs'));
    await elsewhere.close();
    await goOver(store, copy, location);
    for (const key of ['k', 'other']) expect(await textAt(store, key)).toBe('theirs');
    expect(await textAt(store, 'lost')).toBeUndefined();
    await store.close();
    const again = await open();
    for (const key of ['k', 'other']) expect(await textAt(again, key)).toBe('theirs');
    expect(await textAt(again, 'new')).toBe('after');
  });
});

test('an older copy gets a new incarnation, and the process is to end', async () => {
  const { parts, location, store } = await openWithConnection();
  const told: unknown[] = [];
  const writer = new Writer({ ...parts, replaced: (error) => told.push(error) });
  const batch: Batch = [
    { op: 'put', database: 0, key: 'k', value: bytes('v'), contentType: 'text/plain' },
  ];
  expect(writer.commit([batch])).toMatchObject([{ results: [{ revision: 1 }] }]);
  const copy = copyOf(location);
  const identityOf = (path: string) => inspect(path, (db) => readIdentity(db, path));
  const before = identityOf(copy);
  expect(writer.commit([batch, batch])).toMatchObject([{}, { results: [{ revision: 3 }] }]);
  breakWrites(parts.db);
  expect(writer.commit([batch])).toMatchObject([{ code: 'DKV_WRITE_UNCERTAIN' }]);
  putInPlace(copy, location);
  const cause = expect.objectContaining({ code: 'DKV_STORE_REPLACED' });
  expect(writer.commit([batch])).toEqual([{ code: 'DKV_STORE_UNAVAILABLE', cause }]);
  expect(told).toEqual([cause]);
  const { incarnation, ...same } = identityOf(location);
  expect(same).toEqual({ ...before, incarnation: undefined });
  expect(incarnation).not.toBe(before.incarnation);
  await store.close();
});

test('a server ends over an older copy, and starts with versions that are new', async () => {
  const folder = tempFolder();
  const location = join(folder, 'dumbkv.db');
  const server = startServer(folder);
  const key = async (name: string, how: RequestInit = {}, from = server) =>
    fetch(`${await from.url()}/v1/databases/0/keys/${name}`, how);
  const write = (name: string) => key(name, { method: 'PUT', body: 'v' });
  await write('a');
  const copy = copyOf(location);
  const told = (await write('b')).headers.get('etag') ?? '';
  expect(told).toMatch(/-2"$/);
  breakFile(location);
  expect((await write('c')).status).toBe(500);
  putInPlace(copy, location);
  await write('c').catch(() => {});
  expect(await server.exit()).toBe(1);
  expect(server.fatalLine()).toMatchObject({
    ...{ code: 'DKV_STORE_REPLACED', msg: expect.stringContaining('start the server again') },
  });
  const next = startServer(folder);
  expect((await key('b', {}, next)).status).toBe(404);
  const again = await key('other', { method: 'PUT', body: 'v' }, next);
  expect(again.headers.get('etag')).toMatch(/-2"$/);
  expect(again.headers.get('etag')).not.toBe(told);
  const ifMatch = { method: 'DELETE', headers: { 'if-match': told } };
  expect((await key('other', ifMatch, next)).status).toBe(412);
  await next.end('SIGTERM');
});
