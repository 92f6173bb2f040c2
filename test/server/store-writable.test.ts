// A start proves that it can write: a database or a folder that may only be read ends it at once,
// instead of failing each write later.
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import { silentLog } from './support/captured-log.ts';
import { boundByModes, testWithModes } from './support/machine.ts';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';

/** A folder with a store of one entry whose server ended by `signal`. */
async function usedFolder(signal: NodeJS.Signals): Promise<string> {
  const folder = tempFolder();
  const server = startServer(folder);
  expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
  await server.end(signal);
  return folder;
}

async function expectRefusal(folder: string): Promise<void> {
  const server = startServer(folder, {}, { under: boundByModes });
  expect(await server.exit()).toBe(1);
  expect(server.fatalLine()).toMatchObject({ code: 'DKV_STORE_OPEN_FAILED' });
  expect(server.fatalLine()?.msg).toMatch(/may only be read|May this user read and write/);
}

async function expectServed(folder: string): Promise<void> {
  const server = startServer(folder, {}, { under: boundByModes });
  expect(await (await server.kv('POST', { key: 'k' })).json()).toEqual({ value: 'v' });
  expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
}

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  testWithModes(`a database that may only be read is refused after ${signal}`, async () => {
    const folder = await usedFolder(signal);
    const location = join(folder, 'dumbkv.db');
    const before = readFileSync(location);
    chmodSync(location, 0o400);
    await expectRefusal(folder);
    expect(readFileSync(location).equals(before)).toBe(true);
    chmodSync(location, 0o600);
    await expectServed(folder);
  });
}

testWithModes('a folder that may only be read is refused', async () => {
  const folder = await usedFolder('SIGTERM');
  onTestFinished(() => chmodSync(folder, 0o700));
  chmodSync(folder, 0o500);
  await expectRefusal(folder);
  chmodSync(folder, 0o700);
  await expectServed(folder);
});

test.each(['wal', 'truncate'] as const)('a start in %s mode commits a page', async (mode) => {
  const location = join(tempFolder(), 'dumbkv.db');
  const open = () =>
    openStore({ location, journal: { mode } }, silentLog, new AbortController().signal);
  await (await open()).close();
  const writes = () => {
    const db = new Database(location, { readonly: true });
    const cookie = readFileSync(location).readUInt32BE(24);
    db.close();
    return cookie;
  };
  const before = writes();
  await (await open()).close();
  expect(writes()).toBeGreaterThan(before);
});
