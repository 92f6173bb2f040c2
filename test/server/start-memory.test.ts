// A server that has started gives back what only its start needed, and goes on as before. A real
// process, asked by its metrics.
import { expect, test } from 'vitest';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

/** V8's own word for memory that it holds, free or not, in the thread that answers. */
async function heapBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nodejs_heap_size_total_bytes (\S+)$/m.exec(text)?.[1]);
}

test('the heap is smaller a little after the start, and what is stored is there', async () => {
  const server = startServer(tempFolder());
  const url = await server.url();
  const atStart = await heapBytes(url);
  expect(atStart).toBeGreaterThan(0);
  expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
  await waitFor('the heap to be given back', async () => (await heapBytes(url)) < atStart * 0.8);
  expect(await (await server.kv('POST', { key: 'k' })).json()).toEqual({ value: 'v' });
  expect((await server.kv('PUT', { key: 'k', value: 'w' })).status).toBe(200);
  expect((await fetch(`${url}/docs`)).status).toBe(200);
  expect(await server.end('SIGTERM')).toBe(0);
});

test('a server that ends before that ends at once', async () => {
  const server = startServer(tempFolder());
  await server.url();
  expect(await server.end('SIGTERM')).toBe(0);
  expect(server.lines().at(-1)?.msg).toBe('shut down');
});
