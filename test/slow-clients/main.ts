// What honest clients notice of a thousand slow ones, from the terminal: `npm run slow-clients`.
// It prints the latencies without and with them, by turns, and how many slow ones were cut off.
// Next: `comparison.ts`, `slow-clients.ts`, `honest-clients.ts`.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { ServerProcess } from '../server/support/launched-server.ts';
import { compare } from './comparison.ts';
import { callAtPace, prepareKeys } from './honest-clients.ts';
import { measureIn, WARM_UP_SECONDS, write } from './measured-server.ts';
import { LARGE_KEY } from './slow-clients.ts';

const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    slow: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '500' },
    // longer than any slow client may take, so that each is cut off at least once
    seconds: { type: 'string', default: '40' },
    rounds: { type: 'string', default: '2' },
  },
});
const slow = Number(values.slow);
const rounds = Number(values.rounds);
const pace = { perSecond: Number(values.rate), seconds: Number(values.seconds) };

/** Slow clients in a thread of their own, so that they do not slow the honest ones here. */
async function withSlowClients<T>(port: number, work: () => Promise<T>): Promise<T> {
  const thread = new Worker(new URL('slow-thread.ts', import.meta.url), {
    workerData: { port, count: slow },
  });
  await new Promise((resolve) => thread.once('message', resolve));
  const result = await work();
  thread.postMessage('stop');
  const told: unknown = await new Promise((resolve) => thread.once('message', resolve));
  write(`   slow: ${JSON.stringify(told)}`);
  await thread.terminate();
  return result;
}

async function measure(server: ServerProcess): Promise<void> {
  const url = await server.url();
  await server.kv('PUT', { key: LARGE_KEY, value: 'v'.repeat(MIB) });
  await prepareKeys(url);
  await callAtPace(url, { ...pace, seconds: WARM_UP_SECONDS });
  const port = Number(new URL(url).port);
  const measureWithout = () => callAtPace(url, pace);
  const measureWith = () => withSlowClients(port, measureWithout);
  await compare({ what: `${slow} slow clients`, rounds, measureWithout, measureWith, write });
}

const folder = mkdtempSync(join(tmpdir(), 'dumbkv-slow-'));
await measureIn(folder, {}, measure);
