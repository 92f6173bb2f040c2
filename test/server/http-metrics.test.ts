// Metrics: what is counted, and that clients cannot make their number grow.
// Names are documented in docs/server.md.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type OpenApp, openApp } from './support/open-app.ts';

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
      .find((line) => line.startsWith(`dumbkv_http_requests_total{${labels}}`))
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
  expect(countOf(text, 'method="PUT",route="/kv",status="200"')).toBe(1);
  expect(countOf(text, 'method="POST",route="/kv",status="200"')).toBe(2);
  expect(countOf(text, 'method="POST",route="/kv",status="404"')).toBe(1);
  expect(countOf(text, 'method="POST",route="/kv",status="422"')).toBe(1);
});

test('requests are timed in seconds', async () => {
  const opened = await openApp();
  await opened.kv('POST', { key: 'k' });
  const text = await scrape(opened);
  const labels = 'method="POST",route="/kv",status="404"';
  const sum = new RegExp(`dumbkv_http_request_duration_seconds_sum\\{${labels}\\} (\\S+)`);
  const seconds = Number(sum.exec(text)?.[1]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(30);
  expect(text).toContain(`dumbkv_http_request_duration_seconds_count{${labels}} 1`);
});

test('whatever paths and methods clients make up, there is one series for them', async () => {
  const opened = await openApp();
  for (let i = 0; i < 50; i += 1) await opened.send({ url: `/made-up/${i}?q=${i}` });
  await opened.send({ method: 'PROPFIND' as 'GET', url: '/made-up' });
  await opened.send({ url: '/docs/static/made-up.js' });
  const text = await scrape(opened);
  expect(countOf(text, 'method="GET",route="none",status="404"')).toBe(51);
  expect(text).not.toContain('made-up');
  expect(text).not.toContain('PROPFIND');
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

test('two servers in one process do not count for each other', async () => {
  const [one, other] = [await openApp(), await openApp()];
  await one.kv('POST', { key: 'k' });
  expect(await scrape(other)).not.toContain('route="/kv"');
});
