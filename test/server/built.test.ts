// The server as it is built for its image: it loads no more than it needs, and answers as the
// sources do, the sentences about what does not fit included.
// Its docs are tested here too, since what they need lies in files of their own.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeOriginal, ORIGINAL } from './support/original-database.ts';
import { startRecorded } from './support/recorded-server.ts';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROLLDOWN = join(ROOT, 'node_modules/rolldown/bin/cli.mjs');

let folder: string;
const main = () => join(folder, 'dist/main.js');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dumbkv-built-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const args = [ROLLDOWN, '-c', 'rolldown.config.ts', '-d', join(folder, 'dist')];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it loads few files, and of packages only what has to stay outside', async () => {
  const { server, url, files, packages } = await startRecorded({ main: main() });
  expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
  expect((await server.kv('POST', { key: 'missing' })).status).toBe(404);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
  expect([...packages()]).toEqual(['better-sqlite3']);
  expect(files().length).toBeLessThan(60);
  expect(files().join('\n')).not.toMatch(/docs-pages|jwt-callers|tracing/);
});

test('it has none of what is loaded by looking at each export of node:http', async () => {
  const { server, builtins } = await startRecorded({ main: main() });
  expect(await server.end('SIGTERM')).toBe(0);
  expect(builtins()).toContain('NativeModule http');
  expect(builtins()).not.toContain('NativeModule internal/deps/undici/undici');
});

/** Packages that a text imports by their names; what only looks so is none. */
const importedBy = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*["'`]((?:@[\w-]+\/)?[a-z][\w.-]*)["'`]/g)].flatMap(
    ([, name = '']) => (existsSync(join(ROOT, 'node_modules', name)) ? name : []),
  );

test('each package that it imports is in the image', () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile.server'), 'utf8');
  const removed = /npm uninstall(?<args>(?:[^&]|\n)*)&&/.exec(dockerfile)?.groups?.args;
  const gone = new Set(removed?.split(/[\s\\]+/));
  expect(gone).toContain('fastify');
  const dist = join(folder, 'dist');
  const names = readdirSync(dist).flatMap((file) =>
    importedBy(readFileSync(join(dist, file), 'utf8')),
  );
  expect(names).toEqual(expect.arrayContaining(['better-sqlite3', 'pg', '@fastify/swagger-ui']));
  const declared = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies;
  for (const name of names) {
    expect(Object.keys(declared)).toContain(name);
    expect(gone).not.toContain(name);
  }
});

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const V1 = '/v1/databases/0';
const CALLS: readonly Call[] = [
  { method: 'PUT', path: '/kv', body: { key: 'k', value: 'v' } },
  { method: 'POST', path: '/kv', body: { key: 'k' } },
  { method: 'PUT', path: '/kv', body: { key: '', value: 1, more: true } },
  { method: 'PUT', path: '/kv', body: { database: -1, key: '\ud800', value: 'v' } },
  { method: 'PUT', path: '/kv', body: { database: 2 ** 31, key: 'k' } },
  { method: 'PUT', path: '/kv', body: [] },
  { method: 'POST', path: '/kv', body: { database: 1.5, key: null } },
  { method: 'GET', path: `${V1}/keys?limit=0` },
  { method: 'GET', path: `${V1}/keys?limit=01&other=1` },
  { method: 'GET', path: `${V1}/keys?limit=2` },
  { method: 'GET', path: '/v1/databases/x/keys/k' },
  { method: 'GET', path: `${V1}/changes?since=nowhere&values=maybe` },
  { method: 'POST', path: `${V1}/counters/n`, body: { delta: 'many' } },
  { method: 'POST', path: `${V1}/counters/n`, body: { delta: 3, ttlSeconds: 0 } },
  { method: 'POST', path: `${V1}/counters/n`, body: { delta: '41' } },
  { method: 'POST', path: `${V1}/batch`, body: { operations: [] } },
  { method: 'POST', path: `${V1}/batch`, body: { operations: [{ op: 'put', key: 'b' }, 1] } },
  { method: 'POST', path: `${V1}/batch`, body: { operations: [{ op: 'check', key: 'k' }] } },
  { method: 'GET', path: '/docs/' },
  { method: 'GET', path: '/openapi.json' },
  { method: 'GET', path: '/docs/yaml' },
  { method: 'GET', path: '/docs/static/swagger-initializer.js' },
  { method: 'GET', path: '/health/ready' },
];

/** What differs from store to store and from request to request. */
const UNLIKE = [
  [/urn:dumbkv:request:[^"]+/g, 'REQUEST'],
  [/[0-9a-f]{8}-(?=\d+\\?")/g, 'STORE-'],
] as const;

async function answers(url: string): Promise<unknown[]> {
  const told: unknown[] = [];
  for (const { method, path, body } of CALLS) {
    const sent = body && { headers: { 'content-type': 'application/json' } };
    const text = body === undefined ? null : JSON.stringify(body);
    const reply = await fetch(url + path, { method, body: text, ...(sent || {}) });
    const answer = await reply.text();
    const alike = UNLIKE.reduce((all, [pattern, name]) => all.replace(pattern, name), answer);
    told.push([method, path, body, reply.status, reply.headers.get('content-type'), alike]);
  }
  return told;
}

test('it answers as the sources do', async () => {
  const built = startServer(tempFolder(), {}, { main: main() });
  const sources = startServer(tempFolder());
  const [told, expected] = [await answers(await built.url()), await answers(await sources.url())];
  for (const [at, answer] of expected.entries()) expect(told[at]).toEqual(answer);
  const statuses = expected.map((answer) => (answer as number[])[3]);
  expect(statuses.filter((status) => status === 422).length).toBeGreaterThan(9);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(8);
});

test('it keeps what the built import brings', async () => {
  const server = startServer(tempFolder(), {}, { main: main() });
  const keys = join(tempFolder(), 'keys.txt');
  writeFileSync(keys, ORIGINAL.map(({ key }) => key).join('\n'));
  const from = ['--from', makeOriginal(), '--keys', keys, '--to', await server.url()];
  const said = execFileSync(process.execPath, [join(folder, 'dist/import-dumbkv.js'), ...from]);
  expect(String(said)).toMatch(new RegExp(`^ *${ORIGINAL.length} {2}imported$`, 'm'));
  for (const { database, key, value } of ORIGINAL) {
    expect(await (await server.kv('POST', { database, key })).json()).toEqual({ value });
  }
  expect(await server.end('SIGTERM')).toBe(0);
});

test.each(['main.js', 'import-dumbkv.js'])(
  '%s knows its release without a file beside it',
  (name) => {
    const said = execFileSync(process.execPath, [join(folder, 'dist', name), '--version']);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(String(said)).toBe(`dumbkv ${version}\n`);
  },
);
