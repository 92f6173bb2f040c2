// One database has one lock, whatever name leads there; where that cannot be, the start is refused.
// How the lock works is in `one-writer.test.ts`.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { silentLog } from './support/captured-log.ts';
import { boundByModes, testWithModes } from './support/machine.ts';
import { startServer } from './support/server-process.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const open = (location: string): Promise<Store> =>
  openStore({ location }, silentLog, new AbortController().signal);

async function makeStore(location = join(tempFolder(), 'dumbkv.db')): Promise<string> {
  const store = await open(location);
  await put(store, 0, 'k', Buffer.from('v'));
  await store.close();
  return location;
}

async function expectRefusal(location: string, message: RegExp): Promise<void> {
  await expect(open(location)).rejects.toMatchObject({
    code: 'DKV_STORE_OPEN_FAILED',
    message: expect.stringMatching(message),
  });
}

test('a symbolic link leads to the same store and the same lock', async () => {
  const location = await makeStore();
  const link = join(tempFolder(), 'link.db');
  symlinkSync(location, link);
  const store = await open(link);
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  await store.close();
  expect(existsSync(`${link}.lock`)).toBe(false);
});

test('a link in the way to a new database leads to the same lock', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'linked'));
  await makeStore(join(folder, 'linked', 'dumbkv.db'));
  expect(existsSync(join(folder, 'real', 'dumbkv.db.lock'))).toBe(true);
});

test('a symbolic link to nothing is refused, and nothing is made', async () => {
  const [folder, volume] = [tempFolder(), tempFolder()];
  const link = join(folder, 'link.db');
  symlinkSync(join(volume, 'dumbkv.db'), link);
  await expectRefusal(link, /symbolic link to a file that is not there/);
  expect(readdirSync(folder)).toEqual(['link.db']);
  expect(readdirSync(volume)).toEqual([]);
});

test('a symbolic link that leads back to itself is refused', async () => {
  const link = join(tempFolder(), 'link.db');
  symlinkSync(link, link);
  await expectRefusal(link, /cannot be reached/);
});

test('white space at the end is refused, since SQLite would open another file', async () => {
  const location = await makeStore();
  for (const end of [' ', '\n', '\t', '\u00a0']) {
    await expectRefusal(`${location}${end}`, /white space at its end/);
  }
  await expectRefusal(':memory: ', /white space at its end/);
});

test('a link to a name with white space at its end is refused as well', async () => {
  const location = await makeStore();
  renameSync(location, `${location} `);
  symlinkSync(`${location} `, location);
  await expectRefusal(location, /white space at its end/);
});

test('white space elsewhere is part of the name', async () => {
  const folder = join(tempFolder(), ' a b ');
  mkdirSync(folder);
  await makeStore(join(folder, ' my store.db'));
  expect(readdirSync(folder)).toContain(' my store.db');
});

test('a database with two names is refused under both, until one of them is gone', async () => {
  const location = await makeStore();
  const other = join(tempFolder(), 'other.db');
  linkSync(location, other);
  for (const name of [location, other]) await expectRefusal(name, /2 names \(hard links\)/);
  rmSync(other);
  const store = await open(location);
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  await store.close();
});

testWithModes('a lock file that may only be read keeps nobody out: it is refused', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'dumbkv.db.lock'), '');
  chmodSync(join(folder, 'dumbkv.db.lock'), 0o400);
  const server = startServer(folder, {}, { under: boundByModes });
  expect(await server.exit()).toBe(1);
  expect(server.fatalLine()).toMatchObject({ code: 'DKV_STORE_OPEN_FAILED' });
  expect(server.fatalLine()?.msg).toMatch(/lock .* cannot be taken: .*readonly/);
});
