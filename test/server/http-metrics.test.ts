// Metrics: what is counted, and that clients cannot make their number grow.
// Names are documented in docs/server.md.
import { readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import { silentLog } from './support/captured-log.ts';
import { smallVolume, testWithMounts } from './support/machine.ts';
import { type OpenApp, openApp } from './support/open-app.ts';
import { tempFolder } from './support/temp-folder.ts';

const DOCS = readFileSync(new URL('../../docs/server.md', import.meta.url), 'utf8');

async function scrape({ send }: OpenApp): Promise<string> {
  const reply = await send({ url: '/metrics' });
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  return reply.body;
}

const countOf = (text: string, labels: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`http_requests_total{${labels}}`))
      ?.split(' ')[1] ?? 0,
  );

test('requests are counted by method, route and status', async () => {
  const opened = await openApp();
  await opened.kv('PUT', { key: 'k', value: 'v' });
  await opened.kv('POST', { key: 'k' });
  await opened.kv('POST', { key: 'k' });
  await opened.kv('POST', { key: 'missing' });
  await opened.kv('POST', { key: 1 });
  const text = await scrape(opened);
  expect(countOf(text, 'method="PUT",handler="/kv",status="200"')).toBe(1);
  expect(countOf(text, 'method="POST",handler="/kv",status="200"')).toBe(2);
  expect(countOf(text, 'method="POST",handler="/kv",status="404"')).toBe(1);
  expect(countOf(text, 'method="POST",handler="/kv",status="422"')).toBe(1);
});

test('requests are timed in seconds', async () => {
  const opened = await openApp();
  await opened.kv('POST', { key: 'k' });
  const text = await scrape(opened);
  const labels = 'method="POST",handler="/kv",status="404"';
  const sum = new RegExp(`http_request_duration_seconds_sum\\{${labels}\\} (\\S+)`);
  const seconds = Number(sum.exec(text)?.[1]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(30);
  expect(text).toContain(`http_request_duration_seconds_count{${labels}} 1`);
});

test('whatever paths and methods clients make up, there is one series for them', async () => {
  const opened = await openApp();
  for (let i = 0; i < 50; i += 1) await opened.send({ url: `/made-up/${i}?q=${i}` });
  await opened.send({ method: 'PROPFIND' as 'GET', url: '/made-up' });
  await opened.send({ url: '/docs/static/made-up.js' });
  const text = await scrape(opened);
  expect(countOf(text, 'method="GET",handler="none",status="404"')).toBe(51);
  expect(text).not.toContain('made-up');
  expect(text).not.toContain('PROPFIND');
});

test('a URL that cannot be read is counted too', async () => {
  const opened = await openApp();
  await opened.send({ url: '/made-up/%' });
  const text = await scrape(opened);
  expect(countOf(text, 'method="other",handler="none",status="400"')).toBe(1);
});

test('the store is described', async () => {
  const opened = await openApp();
  const { storeId } = opened.store.info();
  const labels = `engine="sqlite",journal_mode="memory",schema_version="2",store_id="${storeId}"`;
  expect(await scrape(opened)).toContain(`dumbkv_store_info{${labels}} 1`);
});

test('the process is described under the names that everybody knows', async () => {
  const text = await scrape(await openApp());
  expect(text).toContain('process_cpu_seconds_total');
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

test('every metric of ours is documented', async () => {
  const text = await scrape(await openApp());
  const names = [...text.matchAll(/^# TYPE (dumbkv_\w+)/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThanOrEqual(3);
  for (const name of names) expect(DOCS).toContain(`\`${name}\``);
});

test('what is stored is counted, and what was asked of the store', async () => {
  const opened = await openApp();
  for (const key of ['a', 'b', 'c']) await opened.kv('PUT', { key, value: 'v' });
  await opened.kv('POST', { key: 'a' });
  await opened.kv('DELETE', { key: 'b' });
  const text = await scrape(opened);
  const figureOf = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  expect(figureOf('dumbkv_store_keys')).toBe(2);
  expect(figureOf('dumbkv_store_revision')).toBe(4);
  expect(figureOf('dumbkv_store_removals')).toBe(1);
  expect(figureOf('dumbkv_store_bytes')).toBe((await opened.store.state()).storedBytes);
  expect(figureOf('dumbkv_db_commit_queue_depth')).toBe(0);
  expect(figureOf('dumbkv_db_connections_open')).toBe(1);
  expect(figureOf('dumbkv_db_commit_batches_count')).toBe(4);
  const asked = (operation: string) =>
    figureOf(`dumbkv_db_queries_total\\{engine="sqlite",operation="${operation}"\\}`);
  expect([asked('get'), asked('write')]).toEqual([1, 4]);
  expect(text).not.toMatch(/^dumbkv_db_errors_total\{/m);
});

test('of a store without files no sizes are told', async () => {
  const text = await scrape(await openApp());
  expect(text).toMatch(/^# TYPE dumbkv_db_file_bytes gauge$/m);
  expect(text).not.toMatch(/^dumbkv_(db_(file|wal)|volume_\w+)_bytes /m);
});

test('the files of a store are measured', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const store = await openStore({ location }, silentLog, new AbortController().signal);
  const opened = await openApp({ store });
  await opened.kv('PUT', { key: 'k', value: 'x'.repeat(10_000) });
  const text = await scrape(opened);
  const sizes = ['file', 'wal'].map((what) =>
    Number(new RegExp(`^dumbkv_db_${what}_bytes (\\d+)$`, 'm').exec(text)?.[1]),
  );
  expect(sizes).toEqual([statSync(location).size, statSync(`${location}-wal`).size]);
  expect(Math.min(...sizes)).toBeGreaterThan(4_096);
});

testWithMounts(
  'the volume of a store is measured, as whoever writes there may use it',
  async () => {
    const volume = smallVolume(32);
    const location = join(volume, 'dumbkv.db');
    const store = await openStore({ location }, silentLog, new AbortController().signal);
    const opened = await openApp({ store });
    const figures = async () => {
      const text = await scrape(opened);
      const figureOf = (what: string) => {
        const line = new RegExp(`^dumbkv_volume_${what}_bytes (\\S+)$`, 'm').exec(text);
        return Number(line?.[1]);
      };
      return [figureOf('size'), figureOf('available')];
    };
    const { bavail, bsize } = statfsSync(volume);
    expect(await figures()).toEqual([32 * 1024 * 1024, bavail * bsize]);
    writeFileSync(join(volume, 'other'), Buffer.alloc(1024 * 1024));
    expect(await figures()).toEqual([32 * 1024 * 1024, bavail * bsize - 1024 * 1024]);
  },
);

test('a store that does not answer has no figures, and its errors are counted', async () => {
  const opened = await openApp();
  await opened.kv('PUT', { key: 'k', value: 'v' });
  expect(await scrape(opened)).toMatch(/^dumbkv_store_keys 1$/m);
  vi.spyOn(opened.store, 'state').mockRejectedValue(new Error('away'));
  expect(await scrape(opened)).not.toMatch(/^dumbkv_store_keys \d/m);
});

test('two servers in one process do not count for each other', async () => {
  const [one, other] = [await openApp(), await openApp()];
  await one.kv('POST', { key: 'k' });
  expect(await scrape(other)).not.toContain('handler="/kv"');
});
