// The server as it is built for its image: the few files find each other and the packages that stay
// outside. That the image holds them is shown in test/e2e/.
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeOriginal, ORIGINAL } from './support/original-database.ts';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIMIT_MS = 120_000;

/** Builds the server into a folder of its own, which it gives. */
function build(): string {
  const folder = tempFolder();
  // packages are looked for where the built files are
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const rolldown = join(ROOT, 'node_modules/rolldown/bin/cli.mjs');
  const args = [rolldown, '-c', 'rolldown.config.ts', '-d', join(folder, 'server')];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
  return join(folder, 'server');
}

test('the built server keeps what the built import brings', { timeout: LIMIT_MS }, async () => {
  const built = build();
  const server = startServer(tempFolder(), {}, { main: join(built, 'main.js') });
  const keys = join(tempFolder(), 'keys.txt');
  writeFileSync(keys, ORIGINAL.map(({ key }) => key).join('\n'));
  const from = ['--from', makeOriginal(), '--keys', keys, '--to', await server.url()];
  const said = execFileSync(process.execPath, [join(built, 'import-dumbkv.js'), ...from]);
  expect(String(said)).toMatch(new RegExp(`^ *${ORIGINAL.length} {2}imported$`, 'm'));
  for (const { database, key, value } of ORIGINAL) {
    expect(await (await server.kv('POST', { database, key })).json()).toEqual({ value });
  }
  expect(await server.end('SIGTERM')).toBe(0);
});
