// The program: how it starts, and how a start that cannot succeed ends: one last line with a code,
// exit 1. How it ends otherwise is tested in `shutdown.test.ts`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { settings } from '../../server/config.ts';
import type { startErrors } from '../../server/errors.ts';
import { limits } from '../../server/limits.ts';
import { type Environment, type StartOptions, startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const KUBELET_TAIL_BYTES = 2_048;
const MANIFEST = new URL('../../package.json', import.meta.url);

/** Waits for a start to fail; checks the shape of its last line and gives its message. */
async function failedStart(
  code: keyof typeof startErrors,
  env: Environment,
  folder = tempFolder(),
  options: StartOptions = {},
): Promise<string> {
  const server = startServer(folder, env, options);
  expect(await server.exit()).toBe(1);
  const last = server.lines().at(-1);
  expect(last).toMatchObject({ level: 60, code });
  expect(JSON.stringify(last).length).toBeLessThan(KUBELET_TAIL_BYTES);
  expect(server.lines().filter(({ level }) => level === 60)).toHaveLength(1);
  return last?.msg ?? '';
}

test('with no settings it listens, warns that it is open, and keeps its data here', async () => {
  const folder = tempFolder();
  const server = startServer(folder);
  expect(await server.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
  expect(existsSync(join(folder, 'dumbkv.db'))).toBe(true);
  const warnings = server.lines().filter(({ level }) => level === 40);
  expect(warnings.map(({ msg }) => msg).join()).toMatch(/TOKENS_FILE is not set: everybody/);
});

test('no level of the log hides that the server is open', async () => {
  const server = startServer(tempFolder(), { LOG_LEVEL: 'fatal' });
  await waitFor('the warning', () => server.lines().length > 0);
  expect(server.lines()[0]?.msg).toMatch(/TOKENS_FILE is not set: everybody/);
});

test('with HOST=:: it is reached over IPv4', async () => {
  const server = startServer(tempFolder(), { HOST: '::' });
  const { port } = new URL(await server.url());
  const reply = await fetch(`http://127.0.0.1:${port}/health/startup`);
  expect(await reply.json()).toEqual({ status: 'healthy' });
});

test('settings come from .env, and the environment wins', async () => {
  const folder = tempFolder();
  writeFileSync(
    join(folder, '.env'),
    'DATABASE_LOCATION="from-file.db" # mine\nLOG_LEVEL=fatal\nPORT=1\n',
  );
  const server = startServer(folder, { LOG_LEVEL: 'info' });
  await server.url();
  expect(existsSync(join(folder, 'from-file.db'))).toBe(true);
});

test('a byte order mark takes no setting away: the server is not open', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'token'), 's3cret\n');
  writeFileSync(join(folder, '.env'), '\uFEFFTOKENS_FILE=token\n');
  expect((await startServer(folder).kv('POST', { key: 'k' })).status).toBe(401);
});

test('an empty variable does not hide .env', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, '.env'), 'DATABASE_LOCATION=from-file.db\n');
  await startServer(folder, { DATABASE_LOCATION: '' }).url();
  expect(existsSync(join(folder, 'from-file.db'))).toBe(true);
});

test('tokens, a sealing key and a store id are taken as the operator gives them', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'token'), 's3cret\n');
  writeFileSync(join(folder, 'sealing-key'), `${Buffer.alloc(32, 7).toString('base64')}\n`);
  const STORE_ID = '0190f1f2-7c1e-7d5b-9b1a-0123456789ab';
  const server = startServer(folder, {
    STORE_ID,
    DATABASE_TYPE: 'sqlite',
    DATABASE_LOCATION: join(folder, 'dumbkv.db'),
    TOKENS_FILE: join(folder, 'token'),
    SEALING_KEY_FILE: join(folder, 'sealing-key'),
  });
  const url = await server.url();
  expect((await server.kv('POST', { key: 'k' })).status).toBe(401);
  const headers = { 'content-type': 'application/json', authorization: 'Bearer s3cret' };
  const reply = await fetch(`${url}/kv`, { method: 'POST', headers, body: '{"key":"k"}' });
  expect(reply.status).toBe(404);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(`store_id="${STORE_ID}"`);
  expect(existsSync(join(folder, 'dumbkv.db.sealing-key'))).toBe(false);
});

test('--help prints every setting and starts nothing', async () => {
  const folder = tempFolder();
  const server = startServer(folder, {}, { args: ['--help'] });
  let text = '';
  server.child.stdout?.on('data', (chunk: string) => {
    text += chunk;
  });
  expect(await server.exit()).toBe(0);
  for (const { name } of Object.values(settings)) expect(text).toContain(name);
  expect(existsSync(join(folder, 'dumbkv.db'))).toBe(false);
});

test('--version tells the release, and starts nothing', async () => {
  const folder = tempFolder();
  const server = startServer(folder, {}, { args: ['--version'] });
  let text = '';
  server.child.stdout?.on('data', (chunk: string) => {
    text += chunk;
  });
  expect(await server.exit()).toBe(0);
  const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };
  expect(text).toBe(`dumbkv ${version}\n`);
  expect(existsSync(join(folder, 'dumbkv.db'))).toBe(false);
});

test('an argument that is not known ends the start, told with all other mistakes', async () => {
  const folder = tempFolder();
  const args = ['--tokens-file=a-secret', 'postgres://u:a-secret@h/d'];
  const server = startServer(folder, { PORT: 'eighty' }, { args });
  expect(await server.exit()).toBe(1);
  expect(server.fatalLine()).toMatchObject({
    code: 'DKV_CONFIG_INVALID',
    msg: expect.stringMatching(
      /the argument --tokens-file is.*the argument number 2 is.*PORT must/,
    ),
  });
  expect(JSON.stringify(server.lines())).not.toContain('a-secret');
  expect(existsSync(join(folder, 'dumbkv.db'))).toBe(false);
});

test('a variable whose name is nearly a setting is warned of at any level', async () => {
  const env = { TOKEN_FILE: 'a-secret', LOG_LEVEL: 'fatal' };
  const server = startServer(tempFolder(), env);
  const warns = () => server.lines().find(({ name }) => name === 'TOKEN_FILE');
  expect(await waitFor('the warning', warns)).toMatchObject({
    level: 40,
    msg: expect.stringContaining('is it TOKENS_FILE?'),
  });
  expect(await server.end('SIGTERM')).toBe(0);
  expect(JSON.stringify(server.lines())).not.toContain('a-secret');
});

test('wrong settings are all named', async () => {
  const env = { DATABASE_TYPE: 'oracle', STORE_ID: 'x', LOG_LEVEL: 'fatal' };
  const message = await failedStart('DKV_CONFIG_INVALID', env);
  expect(message).toContain('DATABASE_TYPE must be');
  expect(message).toContain('STORE_ID must be');
});

test('a .env that cannot be read is a wrong setting', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, '.env'));
  expect(await failedStart('DKV_CONFIG_INVALID', {}, folder)).toContain('.env cannot be read');
});

test('a misspelt name in .env ends the start, told with all other mistakes', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, '.env'), 'TOKEN_FILE=token\nPORT=eighty\n');
  const env = { PORT: '', LOG_LEVEL: 'loud' };
  const message = await failedStart('DKV_CONFIG_INVALID', env, folder);
  expect(message).toContain('.env line 1 sets "TOKEN_FILE", which is no setting');
  expect(message).toContain('PORT must be');
  expect(message).toContain('LOG_LEVEL must be');
});

test('a .env in another encoding is a wrong setting', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, '.env'), Buffer.from('\uFEFFTOKENS_FILE=token\n', 'utf16le'));
  expect(await failedStart('DKV_CONFIG_INVALID', {}, folder)).toContain('.env cannot be read');
});

test('a missing token file ends the start', async () => {
  const message = await failedStart('DKV_TOKENS_FILE_INVALID', { TOKENS_FILE: 'nowhere' });
  expect(message).toContain('nowhere');
});

test('a missing sealing key ends the start', async () => {
  const message = await failedStart('DKV_SEALING_KEY_MISSING', { SEALING_KEY_FILE: 'nowhere' });
  expect(message).toContain('nowhere');
});

test('another store than STORE_ID asks for ends the start', async () => {
  const folder = tempFolder();
  const first = startServer(folder, { STORE_ID: '0190f1f2-7c1e-7d5b-9b1a-0123456789ab' });
  await first.url();
  await first.end('SIGTERM');
  const env = { STORE_ID: '0190f1f2-7c1e-7d5b-9b1a-0123456789ac' };
  expect(await failedStart('DKV_STORE_MISMATCH', env, folder)).toContain('Nothing was written');
});

test('a folder that is not there ends the start', async () => {
  await failedStart('DKV_STORE_OPEN_FAILED', { DATABASE_LOCATION: 'not/there/dumbkv.db' });
});

test('a port that is taken ends the start, and the store is let go', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const folder = tempFolder();
  const message = await failedStart('DKV_LISTEN_FAILED', { PORT: String(address.port) }, folder);
  expect(message).toContain('EADDRINUSE');
  await startServer(folder).url();
});

test('an address that is not of this machine ends the start', async () => {
  await failedStart('DKV_LISTEN_FAILED', { HOST: '192.0.2.1' });
});

test('a very long message is cut so that the whole line is handed on', async () => {
  const DATABASE_LOCATION = `${'x'.repeat(3_000)}/dumbkv.db`;
  const message = await failedStart('DKV_STORE_OPEN_FAILED', { DATABASE_LOCATION });
  expect(message).toHaveLength(limits.fatalMessageCharactersMax);
});
