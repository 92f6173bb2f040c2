// Writes that come together share commits, each is still on disk before its own reply, and reading
// waits for none of them. Which changes share a commit is in `test/unit/server/store`.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import { writeInThread } from '../../server/store/writer-link.ts';
import { silentLog } from './support/captured-log.ts';
import { testWithTracer } from './support/machine.ts';
import { startServer } from './support/server-process.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const WRITES = 64;
const ROUNDS = 5;

/** From the line of a trace where something began to the one where it was over. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const SYNC = /^(\d+) +(?:fdatasync|fsync)\(\d+<[^>]*dumbkv\.db-wal>(?:\) += 0| <unfinished)/;
const READ = /^(\d+) +(?:read|recvfrom)\((\d+)<[^>]*>, +(?:"PUT \/kv|<unfinished)/;
const READ_RESUMED = /^(\d+) +<\.\.\. (?:read|recvfrom) resumed>"PUT \/kv/;
const REPLY = /^\d+ +(?:write|writev|sendto)\((\d+)<[^>]*>, .*HTTP\/1\.1 200 OK/;

/** The syncs of the log in a trace. A thread makes one at a time. */
function syncsIn(lines: readonly string[]): Span[] {
  return lines.flatMap((line, from) => {
    const [, thread] = SYNC.exec(line) ?? [];
    if (thread === undefined) return [];
    if (!line.includes('<unfinished')) return [{ from, to: from }];
    const resumed = new RegExp(`^${thread} +<\\.\\.\\. (?:fdatasync|fsync) resumed>\\) += 0`);
    const to = lines.findIndex((other, at) => at > from && resumed.test(other));
    return to === -1 ? [] : [{ from, to }];
  });
}

/** From the last bytes of each write to the first of its reply, on one and the same connection. */
function writesIn(lines: readonly string[]): Span[] {
  const begun = new Map<string, number>();
  const reading = new Map<string, string>();
  const writes: Span[] = [];
  lines.forEach((line, at) => {
    const [, thread = '', connection = ''] = READ.exec(line) ?? [];
    if (line.includes('<unfinished')) reading.set(thread, connection);
    else if (connection !== '') begun.set(connection, at);
    const [, resumed = ''] = READ_RESUMED.exec(line) ?? [];
    if (resumed !== '') begun.set(reading.get(resumed) ?? '', at);
    const [, answered] = REPLY.exec(line) ?? [];
    const from = answered === undefined ? undefined : begun.get(answered);
    if (answered === undefined || from === undefined) return;
    writes.push({ from, to: at });
    begun.delete(answered);
  });
  return writes;
}

testWithTracer('writes that come together share syncs, and none is answered before', async () => {
  const folder = tempFolder();
  const trace = join(folder, 'trace');
  const calls = 'trace=read,recvfrom,write,writev,sendto,fdatasync,fsync';
  const under = ['strace', '-D', '-f', '-y', '-s', '64', '-o', trace, '-e', calls];
  const server = startServer(folder, {}, { under });
  for (let round = 0; round < ROUNDS; round += 1) {
    const keys = Array.from({ length: WRITES }, (_, i) => `${round}/${i}`);
    const replies = await Promise.all(keys.map((key) => server.kv('PUT', { key, value: key })));
    expect(replies.map(({ status }) => status)).toEqual(Array(WRITES).fill(200));
  }
  await server.end('SIGTERM');
  const lines = await waitFor('the end of the trace', () => {
    const text = readFileSync(trace, 'utf8');
    return text.includes('+++ exited with 0 +++') ? text.split('\n') : undefined;
  });
  const [syncs, writes] = [syncsIn(lines), writesIn(lines)];
  expect(writes.length).toBe(ROUNDS * WRITES);
  const lacking = writes.filter(
    (write) => !syncs.some(({ from, to }) => from > write.from && to < write.to),
  );
  expect(lacking).toEqual([]);
  expect(syncs.length).toBeLessThan(writes.length / 2);
});

const open = (location: string) => openStore({ location }, silentLog, new AbortController().signal);

test('reading goes on while a commit is held up, and sees it when it is acknowledged', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const store = await open(location);
  await put(store, 0, 'k', Buffer.from('old'));
  const stranger = new Database(location);
  stranger.exec('BEGIN IMMEDIATE');
  let isAnswered = false;
  const write = put(store, 0, 'k', Buffer.from('new')).then(() => {
    isAnswered = true;
  });
  for (let i = 0; i < 100; i += 1) expect(String(await valueAt(store, 0, 'k'))).toBe('old');
  expect(isAnswered).toBe(false);
  stranger.exec('ROLLBACK');
  stranger.close();
  await write;
  expect(String(await valueAt(store, 0, 'k'))).toBe('new');
  await store.close();
});

test('each of a thousand writes at once is kept, with a revision of its own', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const store = await open(location);
  const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`);
  const results = await Promise.all(keys.map((key) => put(store, 0, key, Buffer.from(key))));
  const revisions = results.map((result) => (result.stored ? result.revision : 0));
  expect(new Set(revisions)).toEqual(new Set(keys.map((_, i) => i + 1)));
  await store.close();
  const again = await open(location);
  for (const key of keys) expect(String(await valueAt(again, 0, key))).toBe(key);
  await again.close();
});

test('of many writes of a key at once, the last one stands, and one makes it', async () => {
  const store = await open(join(tempFolder(), 'dumbkv.db'));
  const values = Array.from({ length: 50 }, (_, i) => Buffer.from(`${i}`));
  const made = await Promise.all(
    values.map((value) => put(store, 0, 'new', value, { ifAbsent: true })),
  );
  expect(made.map(({ stored }) => stored)).toEqual(values.map((_, i) => i === 0));
  expect(String(await valueAt(store, 0, 'new'))).toBe('0');
  await Promise.all(values.map((value) => put(store, 0, 'k', value)));
  expect(String(await valueAt(store, 0, 'k'))).toBe('49');
  const removed = await Promise.all(values.map(() => remove(store, 0, 'k')));
  expect(removed.filter((one) => one.removed)).toHaveLength(1);
  await store.close();
});

test('a writer that cannot open the store says why, and ends', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  await (await open(location)).close();
  const identity = { storeId: randomUUID(), incarnation: randomUUID() };
  const settings = {
    ...{ location, journalMode: 'wal' as const, keys: [] },
    identity: { ...identity, schemaVersion: 1, oldestReaderVersion: 1 },
  };
  const unforeseen = vi.fn();
  process.on('uncaughtException', unforeseen);
  const begun = once(process, 'worker') as Promise<[Worker]>;
  const refused = writeInThread(settings, silentLog, () => {});
  const [thread] = await begun;
  const ended = once(thread, 'exit');
  await expect(refused).rejects.toMatchObject({ code: 'DKV_STORE_CORRUPT' });
  await expect(refused).rejects.toThrow('another store lies there than at the start');
  await ended;
  process.off('uncaughtException', unforeseen);
  expect(unforeseen).not.toHaveBeenCalled();
});
