// `npm run import:dumbkv`, as a process of its own, against a real server: what is there then,
// what is told of the rest, and how it ends. Tokens and lists are in test/unit/.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { openTokens } from '../../server/tokens.ts';
import { silentLog } from './support/captured-log.ts';
import { openApp } from './support/open-app.ts';
import { makeOriginal, ORIGINAL } from './support/original-database.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const MAIN = fileURLToPath(new URL('../../server/import-dumbkv/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The figures of the summary by what they count. */
  readonly counts: Record<string, number>;
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) => {
      const lines = [...stdout.matchAll(/^ *(\d+) {2}(.+)$/gm)];
      const counts = Object.fromEntries(lines.map(([, count, what]) => [what, Number(count)]));
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr, counts });
    });
  });
}

function fileOf(text: string, name = 'keys.txt'): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, text);
  return path;
}

const allKeys = (): string => fileOf(`${ORIGINAL.map(({ key }) => key).join('\n')}\n`);

/** A server on a store in memory, with its address. */
async function serving(deps: Parameters<typeof openApp>[0] = {}) {
  const opened = await openApp(deps);
  const url = await opened.app.listen({ host: '127.0.0.1', port: 0 });
  return { ...opened, url };
}

test('every entry of the original is in the server, and can be read as before', async () => {
  const { url, store, kv } = await serving();
  const ended = await run('--from', makeOriginal(), '--keys', allKeys(), '--to', url);
  expect(ended).toMatchObject({ code: 0, stderr: '', counts: { imported: ORIGINAL.length } });
  expect((await store.state()).keys).toBe(ORIGINAL.length);
  for (const { database, key, value } of ORIGINAL) {
    expect((await kv('POST', { database, key })).json()).toEqual({ value });
  }
});

test('run again it stores nothing, and leaves alone what was changed since', async () => {
  const { url, store } = await serving();
  const args = ['--from', makeOriginal(), '--keys', allKeys(), '--to', url];
  await run(...args);
  await put(store, 0, 'greeting', Buffer.from('changed'));
  const { revision } = await store.state();
  expect(await run(...args)).toMatchObject({
    code: 0,
    counts: { imported: 0, 'there already': ORIGINAL.length },
  });
  expect((await store.state()).revision).toBe(revision);
  expect(await valueAt(store, 0, 'greeting')).toEqual(Buffer.from('changed'));
});

test('asked to, it replaces what is there', async () => {
  const { url, store } = await serving();
  await put(store, 0, 'greeting', Buffer.from('changed'));
  const args = ['--from', makeOriginal(), '--keys', allKeys(), '--to', url, '--replace'];
  expect(await run(...args)).toMatchObject({ code: 0, counts: { imported: ORIGINAL.length } });
  expect(await valueAt(store, 0, 'greeting')).toEqual(Buffer.from('hello'));
});

test('rows without a key and keys without a row are counted; no key is told', async () => {
  const { url, store } = await serving();
  const lines = '{"database":0,"key":"greeting"}\n{"key":"empty"}\n{"key":"nowhere-to-be-found"}\n';
  const keys = fileOf(lines, 'keys.ndjson');
  const ended = await run('--from', makeOriginal(), '--keys', keys, '--to', url);
  expect(ended).toMatchObject({
    code: 2,
    counts: {
      imported: 2,
      'without a key in the list': ORIGINAL.length - 2,
      'keys of the list without a row': 1,
    },
  });
  expect((await store.state()).keys).toBe(2);
  expect(await valueAt(store, 7, 'greeting')).toBeUndefined();
  const [, , , other] = ORIGINAL;
  expect(ended.stderr).toContain(`database 7, ${other?.column}: its key is not in the list`);
  expect(ended.stderr + ended.stdout).not.toMatch(/nowhere|empty|greeting/);
});

test('values that do not open are left behind, and all others are brought over', async () => {
  const { url, store } = await serving();
  const [first, second, ...rest] = ORIGINAL;
  if (first === undefined || second === undefined) throw new Error('too few rows');
  const rows = [{ ...first, token: second.token }, { ...second, token: 'nonsense' }, ...rest];
  const ended = await run('--from', makeOriginal(rows), '--keys', allKeys(), '--to', url);
  expect(ended).toMatchObject({
    code: 2,
    counts: { imported: rest.length, 'with a value that does not open': 2 },
  });
  expect((await store.state()).keys).toBe(rest.length);
});

test('what the server does not take is left behind', async () => {
  const { url } = await serving();
  const [first] = ORIGINAL;
  if (first === undefined) throw new Error('too few rows');
  const rows = [first, { ...first, database: -1 }, { ...first, database: 2 ** 31 }];
  const ended = await run('--from', makeOriginal(rows), '--keys', allKeys(), '--to', url);
  expect(ended).toMatchObject({ code: 2, counts: { imported: 1, 'refused by the server': 2 } });
});

test('values that were stored as blobs open as well', async () => {
  const { url } = await serving();
  const from = makeOriginal();
  const db = new Database(from);
  db.exec('UPDATE kv SET value = CAST(value AS BLOB)');
  db.close();
  const ended = await run('--from', from, '--keys', allKeys(), '--to', url);
  expect(ended).toMatchObject({ code: 0, counts: { imported: ORIGINAL.length } });
});

test('a dry run opens everything, and needs no server', async () => {
  const nobody = 'http://127.0.0.1:9';
  const args = ['--from', makeOriginal(), '--keys', allKeys(), '--to', nobody, '--dry-run'];
  const ended = await run(...args);
  expect(ended).toMatchObject({ code: 0, counts: { 'could be imported': ORIGINAL.length } });
});

test('a server with tokens is called with one', async () => {
  const tokenFile = fileOf('# for the import\nwriter read-write\nreader read-only\n', 'tokens');
  const tokens = await openTokens(tokenFile, silentLog);
  onTestFinished(tokens.close);
  const { url } = await serving({ tokens });
  const args = ['--from', makeOriginal(), '--keys', allKeys(), '--to', url];
  const without = await run(...args);
  expect(without).toMatchObject({ code: 1, stdout: '' });
  expect(without.stderr).toContain('DKV_TOKEN_MISSING');
  expect(await run(...args, '--token-file', tokenFile)).toMatchObject({ code: 0 });
});

/** A server that answers as it is told, in place of ours. */
async function answering(...statuses: number[]): Promise<string> {
  const server = createServer((_request, response) => {
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    response.writeHead(status ?? 200, { 'retry-after': '0.01' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a server that is busy is asked again', async () => {
  const url = await answering(503, 429, 503, 200);
  const ended = await run('--from', makeOriginal(), '--keys', allKeys(), '--to', url);
  expect(ended).toMatchObject({ code: 0, counts: { imported: ORIGINAL.length } });
});

test.each([
  ['is full', 507],
  ['fails', 500],
  ['stays busy', 503],
])('a server that %s ends the import', async (_, status) => {
  const url = await answering(status);
  const ended = await run('--from', makeOriginal(), '--keys', allKeys(), '--to', url);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toContain(`answered with ${status}`);
});

test('a server that is not there is told', async () => {
  const args = ['--from', makeOriginal(), '--keys', allKeys(), '--to', 'http://127.0.0.1:9'];
  const ended = await run(...args);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('cannot be reached');
});

test.each([
  ['nothing', () => [], '--from and --keys are needed'],
  ['an unknown option', () => ['--form', 'x'], '--form'],
  ['no database', () => ['--from', '/nowhere.db', '--keys', allKeys()], 'is not a database'],
  ['no list', () => ['--from', makeOriginal(), '--keys', '/nowhere'], '--keys /nowhere'],
  ['an empty list', () => ['--from', makeOriginal(), '--keys', fileOf('')], 'it names no key'],
  [
    'a strange URL',
    () => ['--from', makeOriginal(), '--keys', allKeys(), '--to', 'ftp://x'],
    '--to is no http or https URL',
  ],
])('%s is told in a sentence', async (_, args, says) => {
  const ended = await run(...args());
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toContain(says);
  expect(ended.stderr).not.toContain('    at ');
});

test('an SQLite file of another kind is told, and left as it is', async () => {
  const from = join(tempFolder(), 'other.db');
  new Database(from).exec('CREATE TABLE kv (name TEXT)').close();
  const ended = await run('--from', from, '--keys', allKeys(), '--dry-run');
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('kv(database_id, key, value)');
});

test('of many rows it tells how far it is', async () => {
  const rows = Array.from({ length: 5_001 }, (_, at) => ({
    ...{ database: 0, column: `column ${at}`, token: '' },
  }));
  const ended = await run('--from', makeOriginal(rows), '--keys', allKeys(), '--dry-run');
  expect(ended.stderr).toContain('5000 of 5001 rows');
  expect(ended).toMatchObject({ code: 2, counts: { 'without a key in the list': 5_001 } });
});

test.each([['--form', 'file'], ['file'], ['--replace=yes']])(
  'what is no argument of it, such as %s, ends it before anything is read',
  async (...args) => {
    const { code, stderr } = await run('--from', 'no-file', '--keys', 'no-file', ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^import:dumbkv: (Unknown option '--form'|Unexpected argument|Option)/);
  },
);

test('--version tells the release', async () => {
  expect(await run('--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^dumbkv \d+\.\d+\.\d+\n$/),
  });
});

test('--help tells how it is used', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const option of ['--from', '--keys', '--to', '--token-file', '--replace', '--dry-run']) {
    expect(stdout).toContain(option);
  }
});
