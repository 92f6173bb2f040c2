// The calls that docs/server.md shows, run as they stand against a server that was started as the
// page says, with what each is said to answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandsOf } from '../documents/commands.ts';
import { Shell } from '../documents/shell.ts';
import { verificationOf } from '../documents/verification.ts';
import { step } from '../documents/walk.ts';
import { launchServer, type ServerProcess } from './support/launched-server.ts';

const LIMIT_MS = 20_000;
const commands = commandsOf('docs/server.md').filter((one) => verificationOf(one) === 'server');
const folder = mkdtempSync(join(tmpdir(), 'dumbkv-documents-'));
let server: ServerProcess;
let shell: Shell;

beforeAll(async () => {
  // the files of which the page speaks
  for (const name of ['logo.png', 'new.png']) writeFileSync(join(folder, name), `bytes of ${name}`);
  server = launchServer(folder);
  shell = new Shell({ cwd: folder, port: Number(new URL(await server.url()).port) });
});
afterAll(async () => {
  await shell?.end();
  await server?.end('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('has calls to try', () => expect(commands.length).toBeGreaterThan(10));

it.each(commands.map((command) => [`${command.line}: ${command.text}`, command] as const))(
  'does what it says: %s',
  (_title, command) => step(shell, command, { limitMs: LIMIT_MS, isRepeated: false }),
);

it.each([
  ['a refusal', 'curl localhost:8000/v1/databases/x/keys', undefined],
  ['another reply', 'curl localhost:8000/health', '{"status":"ill"}'],
  ['another status', 'curl -i localhost:8000/health', 'HTTP/1.1 503'],
  ['nobody who answers', 'curl localhost:1/health', undefined],
])('would see %s', async (_what, text, shows) => {
  const command = { page: 'a.md', line: 1, text, shows };
  const options = { limitMs: 1, isRepeated: false };
  await expect(step(shell, command, options)).rejects.toThrow('a.md:1 does what it says');
});
