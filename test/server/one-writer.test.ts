// One writer: two processes never serve one store, whoever starts when and however the first one
// ends. Real processes; the lock itself is in server/store/lock.ts.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeLock } from '../../server/store/lock.ts';
import { openStore } from '../../server/store/open.ts';
import { capturedLog, silentLog } from './support/captured-log.ts';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const waits = ({ lines }: Pick<ServerProcess, 'lines'>): number =>
  lines().filter(({ msg }) => msg.includes('another process holds the store')).length;

const listens = ({ lines }: ServerProcess): boolean =>
  lines().some(({ msg }) => msg.includes('listening'));

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a second process serves nothing until the first has ended by %s, and then everything',
  async (signal) => {
    const folder = tempFolder();
    const first = startServer(folder);
    await first.kv('PUT', { key: 'k', value: 'of the first' });
    const second = startServer(folder);
    await waitFor('the second to wait', () => waits(second) > 0);
    for (let i = 0; i < 10; i += 1) {
      expect((await first.kv('PUT', { key: `k${i}`, value: 'v' })).status).toBe(200);
      expect(listens(second)).toBe(false);
    }
    await first.end(signal);
    const reply = await second.kv('POST', { key: 'k' });
    expect(await reply.json()).toEqual({ value: 'of the first' });
  },
);

test('a process that waits ends at once and well on SIGTERM', async () => {
  const folder = tempFolder();
  const first = startServer(folder);
  await first.url();
  const second = startServer(folder);
  await waitFor('the second to wait', () => waits(second) > 0);
  expect(await second.end('SIGTERM')).toBe(0);
  expect(second.lines().at(-1)?.msg).toBe('shut down');
  expect((await first.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
});

test('of several that wait exactly one goes on', async () => {
  const folder = tempFolder();
  const first = startServer(folder);
  await first.url();
  const others = [startServer(folder), startServer(folder)];
  await waitFor('all to wait', () => others.every((other) => waits(other) > 0));
  await first.end('SIGKILL');
  await waitFor('one to listen', () => others.some(listens));
  const next = others.filter(listens);
  expect(next).toHaveLength(1);
  expect((await next[0]?.kv('PUT', { key: 'k', value: 'v' }))?.status).toBe(200);
  expect(others.filter(listens)).toHaveLength(1);
});

test('who waits says so at once and then again and again, but not at each try', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const held = await takeLock(location, { log: silentLog, signal: new AbortController().signal });
  const captured = capturedLog();
  const abort = new AbortController();
  const waiting = takeLock(location, {
    log: captured.log,
    signal: abort.signal,
    retryMs: 5,
    logMs: 50,
  });
  await waitFor('three lines', () => waits(captured) >= 3);
  abort.abort();
  await expect(waiting).rejects.toHaveProperty('name', 'AbortError');
  expect(waits(captured)).toBeLessThan(20);
  held.release();
});

test('a lock that was let go can be taken', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const signal = new AbortController().signal;
  const first = await takeLock(location, { log: silentLog, signal });
  const second = takeLock(location, { log: silentLog, signal, retryMs: 5 });
  first.release();
  (await second).release();
});

test('a lock takes no room: it is an empty file, held without a journal', async () => {
  const folder = tempFolder();
  const location = join(folder, 'dumbkv.db');
  const lock = await takeLock(location, { log: silentLog, signal: new AbortController().signal });
  expect(readdirSync(folder)).toEqual(['dumbkv.db.lock']);
  expect(statSync(`${location}.lock`).size).toBe(0);
  lock.release();
  expect(statSync(`${location}.lock`).size).toBe(0);
});

test('who stopped waiting holds nothing', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const held = await takeLock(location, { log: silentLog, signal: new AbortController().signal });
  await expect(
    takeLock(location, { log: silentLog, signal: AbortSignal.abort() }),
  ).rejects.toHaveProperty('name', 'AbortError');
  held.release();
  const store = await openStore({ location }, silentLog, new AbortController().signal);
  await store.close();
});

test('stores in memory do not know of each other', async () => {
  const signal = new AbortController().signal;
  const open = () => openStore({ location: ':memory:' }, silentLog, signal);
  const [one, other] = [await open(), await open()];
  await put(one, 0, 'k', Buffer.from('v'));
  expect(await valueAt(other, 0, 'k')).toBeUndefined();
  await one.close();
  await other.close();
});
