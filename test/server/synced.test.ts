// Below SQLite: a sync of the log stands between each write's request and its 2xx, and a failed one
// is no 2xx. Without strace the settings alone are checked, in `store-durable.test.ts`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testWithTracer } from './support/machine.ts';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const CALLS = 'read,recvfrom,write,writev,sendto,fdatasync,fsync';

const REQUEST = /\b(?:read|recvfrom)\(\d+<[^>]*>, "PUT \/kv/;
const SYNC = /\b(?:fdatasync|fsync)\(\d+<[^>]*dumbkv\.db(?:-wal|-journal)?>\)\s+= 0/;
const REPLY = /\b(?:write|writev|sendto)\(\d+<[^>]*>, .*HTTP\/1\.1 200 OK/;
const END_OF_SYNC = /\b(?:fdatasync|fsync) resumed>.*= 0/;

/**
 * What happened, in order: r for a request, s for a sync that succeeded, a for an acknowledgement.
 */
function eventsOf(trace: string): string {
  return trace
    .split('\n')
    .map((line) => {
      if (REQUEST.test(line)) return 'r';
      if (SYNC.test(line) || END_OF_SYNC.test(line)) return 's';
      return REPLY.test(line) ? 'a' : '';
    })
    .join('');
}

async function endTraced(server: ServerProcess, folder: string): Promise<string> {
  await server.end('SIGTERM');
  return waitFor('the end of the trace', () => {
    const trace = readFileSync(join(folder, 'trace'), 'utf8');
    return trace.includes('+++ exited with 0 +++') ? trace : undefined;
  });
}

/** Runs the server under strace, which is its child (-D), so that signals reach the server. */
const traced = (folder: string, ...more: string[]) => ({
  under: ['strace', '-D', '-f', '-y', '-s', '64', '-o', join(folder, 'trace'), ...more],
});

/** Makes calls on one file of the store fail: `fault` as strace's `inject` has it. */
const failing = (folder: string, file: string, calls: string, fault: string) =>
  traced(
    folder,
    '-P',
    join(folder, file),
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${calls}:${fault}`,
  );

const SYNCS = 'fsync,fdatasync';
const LOG = 'dumbkv.db-wal';

testWithTracer(
  'every acknowledged write was synced between its request and its reply',
  async () => {
    const folder = tempFolder();
    const server = startServer(folder, {}, traced(folder, '-e', `trace=${CALLS}`));
    for (let i = 0; i < 20; i += 1) {
      expect((await server.kv('PUT', { key: `k${i}`, value: 'v' })).status).toBe(200);
    }
    const events = eventsOf(await endTraced(server, folder));
    const fromFirst = events.slice(events.indexOf('r'));
    expect(fromFirst.match(/rs+a/g)).toHaveLength(20);
    expect(fromFirst).not.toMatch(/ra/);
  },
);

testWithTracer(
  'a sync that fails makes the write uncertain; the store then proves itself',
  async () => {
    const folder = tempFolder();
    await makeStore(folder);
    const faults = failing(folder, LOG, SYNCS, 'error=EIO:when=8');
    const server = startServer(folder, {}, faults);
    const statuses: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      statuses.push((await server.kv('PUT', { key: `k${i}`, value: 'v' })).status);
    }
    expect(statuses.filter((status) => status === 500)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(9);
    const logged = server.lines().map(({ code, msg }) => code ?? msg);
    expect(logged).toContain('DKV_WRITE_UNCERTAIN');
    expect(logged).toContain('the store works again after a failure of the disk');
    await server.end('SIGKILL');
    await expectKept(folder, statuses);
  },
);

testWithTracer('a disk that stays broken acknowledges nothing, and reads go on', async () => {
  const folder = tempFolder();
  await makeStore(folder);
  const faults = failing(folder, LOG, SYNCS, 'error=EIO:when=8+');
  const server = startServer(folder, {}, faults);
  const statuses: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    statuses.push((await server.kv('PUT', { key: `k${i}`, value: 'v' })).status);
  }
  const broken = statuses.indexOf(500);
  expect(broken).toBeGreaterThanOrEqual(0);
  expect(statuses.slice(broken + 1).every((status) => status === 503)).toBe(true);
  expect(await (await server.kv('POST', { key: 'before' })).json()).toEqual({ value: 'kept' });
  expect((await fetch(`${await server.url()}/health`)).status).toBe(503);
  expect((await fetch(`${await server.url()}/health/live`)).status).toBe(200);
  await server.end('SIGKILL');
  await expectKept(folder, statuses);
});

testWithTracer('a disk without room is 507, and reads go on', async () => {
  const folder = tempFolder();
  await makeStore(folder);
  const faults = failing(folder, LOG, 'pwrite64', 'error=ENOSPC:when=40+');
  const server = startServer(folder, {}, faults);
  const statuses: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    statuses.push((await server.kv('PUT', { key: `k${i}`, value: 'v' })).status);
  }
  expect(statuses.at(-1)).toBe(507);
  expect(statuses.every((status) => status === 200 || status === 507)).toBe(true);
  expect(await (await server.kv('POST', { key: 'before' })).json()).toEqual({ value: 'kept' });
  expect((await fetch(`${await server.url()}/health`)).status).toBe(200);
  await server.end('SIGKILL');
  await expectKept(folder, statuses);
});

testWithTracer('a log that cannot be copied makes health fail, and loses nothing', async () => {
  const folder = tempFolder();
  await makeStore(folder);
  const faults = failing(folder, 'dumbkv.db', SYNCS, 'error=EIO:when=1+');
  const server = startServer(folder, {}, faults);
  const value = 'v'.repeat(2 ** 20);
  const statuses: number[] = [];
  for (let i = 0; i < 8; i += 1) {
    statuses.push((await server.kv('PUT', { key: `k${i}`, value })).status);
  }
  const broken = statuses.indexOf(503);
  expect(statuses.slice(0, broken)).toEqual(Array(broken).fill(200));
  expect(broken).toBeGreaterThan(0);
  expect(statuses.slice(broken)).toEqual(Array(8 - broken).fill(503));
  expect((await fetch(`${await server.url()}/health`)).status).toBe(503);
  const told = server.lines().filter(({ msg }) => msg.includes('could not be copied'));
  expect(told).toMatchObject([{ level: 50, err: { code: 'SQLITE_IOERR_FSYNC' } }]);
  await server.end('SIGKILL');
  await expectKept(folder, statuses, value);
});

testWithTracer(
  'a log that cannot be copied for want of room serves as long as it can',
  async () => {
    const folder = tempFolder();
    await makeStore(folder);
    const faults = failing(folder, 'dumbkv.db', 'pwrite64', 'error=ENOSPC:when=1+');
    const server = startServer(folder, {}, faults);
    const value = 'v'.repeat(2 ** 20);
    const statuses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      statuses.push((await server.kv('PUT', { key: `k${i}`, value })).status);
    }
    expect(statuses).toEqual(Array(8).fill(200));
    expect((await fetch(`${await server.url()}/health`)).status).toBe(200);
    await server.end('SIGKILL');
    expect(readFileSync(join(folder, 'trace'), 'utf8')).toContain('ENOSPC');
    await expectKept(folder, statuses, value);
  },
);

/** Which files were synced, and which names given, in order; a folder is `.`. */
function namesOf(trace: string, folder: string): string[] {
  const nameOf = (path = '') => (path === folder ? '.' : path.replace(`${folder}/`, ''));
  const names = trace.split('\n').flatMap((line) => {
    const synced = /(?:fsync|fdatasync)\(\d+<([^>]*)>\)? +(?:= 0|<unf)/.exec(line)?.[1];
    const renamed = /rename\w*\(.*"([^"]*)"[^"]*(?:= 0|<unf)/.exec(line)?.[1];
    if (synced !== undefined) return [`sync ${nameOf(synced)}`];
    return renamed === undefined ? [] : [`name ${nameOf(renamed)}`];
  });
  return names.filter((name, i) => name !== names[i - 1]);
}

testWithTracer('key file, database and their names are on disk before they are used', async () => {
  const folder = tempFolder();
  const calls = `trace=${SYNCS},rename,renameat,renameat2`;
  const server = startServer(folder, {}, traced(folder, '-e', calls));
  await server.url();
  const names = namesOf(await endTraced(server, folder), folder);
  expect(names.slice(0, 6)).toEqual([
    'sync dumbkv.db.sealing-key.new',
    'name dumbkv.db.sealing-key',
    'sync .',
    'sync dumbkv.db.new',
    'name dumbkv.db',
    'sync .',
  ]);
  expect(names).toContain('sync dumbkv.db.reserve');
});

testWithTracer(
  'a start whose log may not be there by name after a loss of power is refused',
  async () => {
    const folder = tempFolder();
    await makeStore(folder);
    const server = startServer(folder, {}, failing(folder, '', SYNCS, 'error=EIO:when=1+'));
    expect(await server.exit()).toBe(1);
    expect(server.fatalLine()).toMatchObject({ code: 'DKV_STORE_OPEN_FAILED' });
    await expectKept(folder, []);
  },
);

/** A store with one entry, closed. */
async function makeStore(folder: string): Promise<void> {
  const server = startServer(folder);
  await server.kv('PUT', { key: 'before', value: 'kept' });
  await server.end('SIGTERM');
}

/** Every acknowledged write is there for a new process. */
async function expectKept(folder: string, statuses: number[], value = 'v'): Promise<void> {
  const server = startServer(folder);
  for (const [i, status] of statuses.entries()) {
    if (status !== 200) continue;
    const reply = await server.kv('POST', { key: `k${i}` });
    expect(await reply.json(), `k${i}`).toEqual({ value });
  }
  expect(await (await server.kv('POST', { key: 'before' })).json()).toEqual({ value: 'kept' });
}

test('the events of a trace are told apart', () => {
  const trace = [
    '7 read(22<socket:[1]>, "PUT /kv HTTP/1.1\\r\\nhost"..., 65536) = 200',
    '7 fdatasync(19</x/dumbkv.db-wal>) = 0',
    '7 fdatasync(19</x/dumbkv.db-wal>) = -1 EIO (Input/output error) (INJECTED)',
    '7 write(22<socket:[1]>, "HTTP/1.1 200 OK\\r\\n"..., 250) = 250',
    '7 write(1<pipe:[2]>, "{}", 2) = 2',
  ].join('\n');
  expect(eventsOf(trace)).toBe('rsa');
});
