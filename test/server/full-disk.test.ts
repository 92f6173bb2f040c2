// A volume that is really full, filled by the server or by others: what was acknowledged stays,
// reading and removing go on, a restart works, and removing makes room for writing.
import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openStore } from '../../server/store/open.ts';
import { silentLog } from './support/captured-log.ts';
import { smallDisk, smallVolume, testWithDisks, testWithMounts } from './support/machine.ts';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import { bytesOf } from './support/store-files.ts';
import { waitFor } from './support/wait-for.ts';

const VOLUME_MIB = 24;
const SIZES = [2 ** 20, 2 ** 16, 2 ** 12, 16];

/** Puts values, large ones first, until none fits; gives what was acknowledged. */
async function fillByServer(server: ServerProcess, known: Map<string, string>): Promise<void> {
  for (const size of SIZES) {
    for (let i = 0; ; i += 1) {
      const [key, value] = [`${size}/${i}`, `${i}`.padEnd(size, '.')];
      const { status } = await server.kv('PUT', { key, value });
      if (status === 200) known.set(key, value);
      else expect(status).toBe(507);
      if (status === 507) break;
    }
  }
}

/** Takes all room that is left with a file that is none of the server's. */
function fillByOthers(folder: string): string {
  const path = join(folder, 'other');
  const file = openSync(path, 'w');
  for (const size of SIZES) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size, 1));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
  closeSync(file);
  return path;
}

async function expectKept(server: ServerProcess, known: Map<string, string>): Promise<void> {
  for (const [key, value] of known) {
    const reply = await server.kv('POST', { key });
    expect(reply.status, key).toBe(200);
    expect(((await reply.json()) as { value: string }).value === value, key).toBe(true);
  }
  expect((await fetch(`${await server.url()}/health`)).status).toBe(200);
}

async function removeSome(server: ServerProcess, known: Map<string, string>): Promise<void> {
  for (const key of [...known.keys()].slice(0, 3)) {
    expect((await server.kv('DELETE', { key })).status, key).toBe(200);
    known.delete(key);
    expect((await server.kv('POST', { key })).status, key).toBe(404);
  }
}

testWithMounts('a server that filled its volume serves, removes, and starts again', async () => {
  const folder = smallVolume(VOLUME_MIB);
  const known = new Map<string, string>();
  for (let round = 0; round < 3; round += 1) {
    const server = startServer(folder);
    await fillByServer(server, known);
    await expectKept(server, known);
    await removeSome(server, known);
    await expectKept(server, known);
    await server.end('SIGKILL');
  }
  const last = startServer(folder);
  await expectKept(last, known);
  await removeSome(last, known);
  expect(await last.end('SIGTERM')).toBe(0);
  await expectKept(startServer(folder), known);
});

/** A volume with a store of a few entries, whose server was killed with a log in use. */
async function killedOn(folder: string): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  const server = startServer(folder);
  for (let i = 0; i < 3; i += 1) {
    const [key, value] = [`k${i}`, `${i}`.padEnd(2 ** 20, '.')];
    expect((await server.kv('PUT', { key, value })).status).toBe(200);
    known.set(key, value);
  }
  await server.end('SIGKILL');
  expect(statSync(join(folder, 'dumbkv.db-wal')).size).toBeGreaterThan(2 ** 21);
  return known;
}

testWithMounts(
  'a volume that others filled is started on, and grows when there is room',
  async () => {
    const folder = smallVolume(VOLUME_MIB);
    const known = await killedOn(folder);
    const other = fillByOthers(folder);
    const server = startServer(folder);
    await expectKept(server, known);
    const grow = () => server.kv('PUT', { key: 'more', value: '.'.repeat(2 ** 20) });
    expect((await grow()).status).toBe(507);
    const removed = await server.kv('DELETE', { key: 'k0' });
    expect(removed.status).toBe(200);
    expect((await grow()).status).toBe(200);
    expect((await server.kv('PUT', { key: 'k0', value: 'small' })).status).toBe(200);
    const again = () => server.kv('PUT', { key: 'yet more', value: '.'.repeat(2 ** 20) });
    expect((await again()).status).toBe(507);
    rmSync(other);
    await waitFor('room to be used', async () => (await again()).status === 200);
    expect(statSync(join(folder, 'dumbkv.db.reserve')).size).toBe(limits.reserveBytes);
    known.delete('k0');
    await expectKept(server, known);
  },
);

testWithMounts('with a rollback journal a full volume is left in the same way', async () => {
  const location = join(smallVolume(VOLUME_MIB), 'dumbkv.db');
  const journal = { mode: 'truncate' } as const;
  const open = () => openStore({ location, journal }, silentLog, new AbortController().signal);
  const store = await open();
  const value = Buffer.alloc(2 ** 20, 1);
  let count = 0;
  const grow = () => put(store, 0, `k${count}`, value);
  const full = { code: 'DKV_STORE_FULL' };
  const fill = async (): Promise<unknown> => {
    for (; ; count += 1) await grow();
  };
  await expect(fill()).rejects.toMatchObject(full);
  // what cannot fit leaves the reserve for the removals
  expect(existsSync(`${location}.reserve`)).toBe(true);
  const other = fillByOthers(dirname(location));
  expect(await remove(store, 0, 'k0')).toMatchObject({ removed: true });
  expect(await put(store, 0, 'k1', Buffer.from('small'))).toMatchObject({ stored: true });
  await store.close();
  const again = await open();
  expect(await valueAt(again, 0, 'k1')).toEqual(Buffer.from('small'));
  expect(await valueAt(again, 0, `k${count - 1}`)).toEqual(value);
  expect(await remove(again, 0, 'k2')).toMatchObject({ removed: true });
  rmSync(other);
  await again.close();
});

for (const [what, method, body] of [
  ['a removal', 'DELETE', { key: 'k0' }],
  ['a smaller value', 'PUT', { key: 'k0', value: 'small' }],
] as const) {
  testWithMounts(`${what} finds room on a volume that others filled meanwhile`, async () => {
    const folder = smallVolume(VOLUME_MIB);
    const known = await killedOn(folder);
    const server = startServer(folder);
    await server.url();
    fillByOthers(folder);
    expect((await server.kv(method, body)).status).toBe(200);
    expect(existsSync(join(folder, 'dumbkv.db.reserve'))).toBe(false);
    known.delete('k0');
    await expectKept(server, known);
    await server.end('SIGKILL');
    await expectKept(startServer(folder), known);
  });
}

async function expectNoStart(folder: string): Promise<void> {
  const known = await killedOn(folder);
  rmSync(join(folder, 'dumbkv.db.reserve'));
  const other = fillByOthers(folder);
  const { '-wal': before } = bytesOf(join(folder, 'dumbkv.db'));
  const refused = startServer(folder);
  expect(await refused.exit()).toBe(1);
  expect(refused.fatalLine()).toMatchObject({ code: 'DKV_DISK_FULL' });
  expect(refused.fatalLine()?.msg).toMatch(/is full.*Enlarge the volume/);
  expect(bytesOf(join(folder, 'dumbkv.db'))['-wal']).toBe(before);
  rmSync(other);
  await expectKept(startServer(folder), known);
}

testWithMounts('without a reserve a start on a full volume says what to do', () =>
  expectNoStart(smallVolume(VOLUME_MIB)),
);

testWithDisks('on a real disk it says so too, where the kernel would have ended it', () =>
  expectNoStart(smallDisk(VOLUME_MIB)),
);

testWithDisks('with a reserve a start on a full disk succeeds', async () => {
  const folder = smallDisk(VOLUME_MIB);
  const known = await killedOn(folder);
  fillByOthers(folder);
  const server = startServer(folder);
  await expectKept(server, known);
  await removeSome(server, known);
  await server.end('SIGKILL');
  await expectKept(startServer(folder), known);
});

testWithMounts('on a full volume no store is made, and none is left half made', async () => {
  const folder = smallVolume(VOLUME_MIB);
  const other = fillByOthers(folder);
  const refused = startServer(folder);
  expect(await refused.exit()).toBe(1);
  expect(refused.fatalLine()).toMatchObject({ code: 'DKV_DISK_FULL' });
  expect(existsSync(join(folder, 'dumbkv.db'))).toBe(false);
  rmSync(other);
  expect((await startServer(folder).kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
});

testWithMounts(
  'a volume too small for the reserve takes nothing that grows, and says so',
  async () => {
    const server = startServer(smallVolume(4));
    expect((await server.kv('PUT', { key: 'k', value: '.'.repeat(2 ** 16) })).status).toBe(507);
    const warned = server.lines().filter(({ msg }) => msg.startsWith('no room is left in reserve'));
    expect(warned).toMatchObject([{ level: 40, sizeBytes: limits.reserveBytes }]);
  },
);
