// The peers of the benchmark that come from here: they start, answer what they are asked, and are
// what their titles say. Nothing is measured.
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { fill, keyOf, valueWith } from '../bench/fill.ts';
import { dumbkv, few, oneByOne, postgres, postgresFew, unsealed } from '../bench/peers/dumbkv.ts';
import { fastifyEcho, httpEcho } from '../bench/peers/echo.ts';
import { fastifyPg } from '../bench/peers/fastify-pg.ts';
import { kvContract, type Peer } from '../bench/peers/peer.ts';
import { readProcesses, treeOf } from '../bench/process-tree.ts';
import { ask, type Running, startPeer } from '../bench/running.ts';
import { testWithOwnPostgres } from './support/postgres.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const VALUE_BYTES = 100;
const KEYS = 200;
const TOGETHER = 50;

beforeAll(() => {
  const rolldown = ['node_modules/rolldown/bin/cli.mjs', '-c', 'rolldown.config.ts'];
  execFileSync(process.execPath, rolldown);
  execFileSync(process.execPath, ['test/bench/variants/main.ts']);
});

async function started(peer: Peer): Promise<Running> {
  const above = tempFolder();
  // the user of Postgres has a folder in it
  chmodSync(above, 0o711);
  const place = { folder: join(above, 'peer'), programs: '/nowhere', cores: '0' };
  const running = await startPeer(peer, place);
  onTestFinished(() => running.stop());
  return running;
}

async function filled(peer: Peer): Promise<Running> {
  const running = await started(peer);
  await fill(running, { from: 0, to: KEYS, valueBytes: VALUE_BYTES });
  return running;
}

/** Fills it, writes many at a time, and reads. */
async function used(peer: Peer): Promise<Running> {
  const running = await filled(peer);
  const keys = Array.from({ length: TOGETHER }, (_, at) => keyOf(at, VALUE_BYTES));
  const value = valueWith(VALUE_BYTES);
  await Promise.all(keys.map((key) => ask(running.origin, peer.write(key, value))));
  const read = keys.map((key) => ask(running.origin, peer.read(key)));
  expect(new Set(await Promise.all(read))).toEqual(new Set([JSON.stringify({ value })]));
  return running;
}

/** A sample of its metrics. */
async function sampleOf({ peer, origin }: Running, name: string): Promise<number> {
  const text = peer.scrape && (await ask(origin, peer.scrape));
  const line = text?.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

const groups = 'dumbkv_db_commit_batches_count';
const groupsOfOne = 'dumbkv_db_commit_batches_bucket{le="1"}';

test.each(['server', 'unsealed', 'one-by-one'])('the build %s is made as the image is', (name) => {
  const dist = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
  const texts = readdirSync(dist).map((file) => readFileSync(join(dist, file), 'utf8'));
  // what stands in for node:http, and for what prom-client never asks for
  expect(texts.filter((text) => /from ?["'`]node:http["'`]/.test(text))).toEqual([]);
  expect(texts.filter((text) => text.includes('opentelemetry.js.api'))).toEqual([]);
});

test.each([fastifyEcho, httpEcho])('$title', async (peer) => void (await used(peer)));

test.each([dumbkv, few])('$title, filled in batches', async (peer) => {
  const running = await used(peer);
  expect(await sampleOf(running, 'dumbkv_store_keys')).toBe(KEYS);
  expect(await sampleOf(running, groups)).toBeLessThan(TOGETHER);
});

test('sealing left out leaves values as they are, and else they are not seen', async () => {
  const [sealed, open] = await Promise.all([dumbkv, unsealed].map(used));
  const stored = ({ place: { folder } }: Running) =>
    readdirSync(folder)
      .filter((name) => name.startsWith('bench.db'))
      .some((name) => readFileSync(join(folder, name)).includes(valueWith(VALUE_BYTES)));
  expect(open && stored(open)).toBe(true);
  expect(sealed && stored(sealed)).toBe(false);
});

testWithOwnPostgres('on Postgres writes share commits, unless each has its own', async () => {
  const [shared, alone] = await Promise.all([postgres, oneByOne].map(used));
  expect(shared && (await sampleOf(shared, groups))).toBeLessThan(TOGETHER);
  expect(alone && (await sampleOf(alone, groups))).toBeGreaterThanOrEqual(TOGETHER);
  expect(alone && (await sampleOf(alone, groups))).toBe(
    alone && (await sampleOf(alone, groupsOfOne)),
  );
});

testWithOwnPostgres.each([postgresFew, fastifyPg])('$title', async (peer) => {
  await used(peer);
});

// processes of Postgres leave the group of the first one, as this child does
const SCRIPT = `
  const child = require('node:child_process').spawn('sleep', ['600'], { detached: true });
  process.on('SIGTERM', () => { child.kill(); process.exit(); });
  require('node:http').createServer((_, reply) => reply.end()).listen(process.argv[1], '127.0.0.1');
`;

const two: Peer = {
  ...{ name: 'two', title: 'Two processes', keeps: 'none', readyPath: '/', ...kvContract() },
  commands: ({ port }) => [{ run: [process.execPath, '-e', SCRIPT, String(port)] }],
};

test('a pause stops all processes of a peer, and its end ends them', async () => {
  const running = await started(two);
  const tree = treeOf(readProcesses(), running.pids);
  expect(tree).toHaveLength(2);
  running.pause();
  await waitFor('both to stand still', () => tree.every((one) => stateOf(one) === 'T'));
  running.resume();
  await waitFor('both to go on', () => tree.every((one) => stateOf(one) !== 'T'));
  await running.stop();
  const left = () => readProcesses().filter(({ pid }) => tree.some((one) => one.pid === pid));
  await waitFor('both to be gone', () => left().length === 0);
});

/** The third field: T is stopped. */
const stateOf = ({ pid }: { pid: number }): string | undefined =>
  /\) (?<state>\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.groups?.state;
