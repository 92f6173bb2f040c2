// A disk that fails, and is not full, is told as that: the file that SQLite maps into memory gives
// one code for both.
// A disk that is full is in `full-disk.test.ts`.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StartError } from '../../server/errors.ts';
import { startErrorOf } from '../../server/store/failures.ts';
import { smallVolume, testWithMounts, testWithTracer } from './support/machine.ts';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';

const MAPPED = 'dumbkv.db-shm';

testWithTracer('a start whose disk fails says so, and keeps its reserve', async () => {
  const folder = tempFolder();
  const server = startServer(folder);
  expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
  await server.end('SIGTERM');
  const under = ['strace', '-D', '-f', '-o', join(folder, 'trace'), '-P', join(folder, MAPPED)];
  const inject = ['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=EIO'];
  const failing = startServer(folder, {}, { under: [...under, ...inject] });
  expect(await failing.exit()).toBe(1);
  expect(failing.fatalLine()).toMatchObject({
    code: 'DKV_STORE_OPEN_FAILED',
    msg: expect.stringMatching(/^The disk under .* fails: .*SQLITE_IOERR_SHMSIZE.*log of the/),
  });
  expect(existsSync(join(folder, 'dumbkv.db.reserve'))).toBe(true);
  const again = startServer(folder);
  expect(await (await again.kv('POST', { key: 'k' })).json()).toEqual({ value: 'v' });
  await again.end('SIGTERM');
});

const cause = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_SHMSIZE' });
/** As a start meets it: below what it was about to do. */
const thrown = new StartError('DKV_STORE_NOT_DURABLE', 'SQLite did not take it', cause);

testWithMounts('where there is no room the same code tells of that', async () => {
  const location = join(smallVolume(1), 'dumbkv.db');
  writeFileSync(`${location}.other`, Buffer.alloc(900 * 1024, 1));
  expect(startErrorOf(thrown, location)).toMatchObject({ code: 'DKV_DISK_FULL', cause: thrown });
});

test('where there is room it does not', () => {
  expect(startErrorOf(thrown, join(tempFolder(), 'dumbkv.db'))).toBe(thrown);
});
