// What honest clients notice of a thousand slow ones, from the terminal: `npm run slow-clients`.
// It prints the latencies without and with them, by turns, and how many slow ones were cut off.
// Next: `slow-clients.ts`, `honest-clients.ts`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { launchServer, type ServerProcess } from '../server/support/launched-server.ts';
import { callAtPace, type Noticed, prepareKeys } from './honest-clients.ts';
import { LARGE_KEY } from './slow-clients.ts';

const MIB = 1024 * 1024;
/** Longer than any slow client may take, so that each is cut off at least once. */
const SECONDS = 40;

const { values } = parseArgs({
  options: {
    slow: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: String(SECONDS) },
    rounds: { type: 'string', default: '2' },
  },
});
const [slow, perSecond, seconds, rounds] = [
  Number(values.slow),
  Number(values.rate),
  Number(values.seconds),
  Number(values.rounds),
] as const;

const write = (line: string): void => void process.stdout.write(`${line}\n`);

const at = ({ latenciesMs }: Noticed, share: number): number =>
  latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * share))] ?? 0;

function report(label: string, noticed: Noticed): void {
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => at(noticed, share).toFixed(2));
  const { latenciesMs, failures } = noticed;
  const failed = failures.length === 0 ? '0' : `${failures.length} (${failures[0]})`;
  write(`${label} p50 ${p50} ms, p99 ${p99} ms, p99.9 ${p999} ms`);
  write(`        ${latenciesMs.length} answered, ${failed} not`);
}

/** Slow clients in a thread of their own, so that they do not slow the honest ones here. */
async function withSlowClients<T>(port: number, work: () => Promise<T>): Promise<T> {
  const thread = new Worker(new URL('slow-thread.ts', import.meta.url), {
    workerData: { port, count: slow },
  });
  await new Promise((resolve) => thread.once('message', resolve));
  const result = await work();
  thread.postMessage('stop');
  const told: unknown = await new Promise((resolve) => thread.once('message', resolve));
  write(`    slow: ${JSON.stringify(told)}`);
  await thread.terminate();
  return result;
}

async function measure(server: ServerProcess): Promise<void> {
  const url = await server.url();
  await server.kv('PUT', { key: LARGE_KEY, value: 'v'.repeat(MIB) });
  await prepareKeys(url);
  await callAtPace(url, { perSecond, seconds: 5 });
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const without = await callAtPace(url, { perSecond, seconds });
    report('without', without);
    const port = Number(new URL(url).port);
    const beside = await withSlowClients(port, () => callAtPace(url, { perSecond, seconds }));
    report('with   ', beside);
    ratios.push(at(beside, 0.99) / at(without, 0.99));
  }
  write(`p99 with ${slow} slow clients / without: ${ratios.map((r) => r.toFixed(2)).join(', ')}`);
}

const folder = mkdtempSync(join(tmpdir(), 'dumbkv-slow-'));
const server = launchServer(folder, { LOG_LEVEL: 'info' });
try {
  await measure(server);
} finally {
  server.child.kill('SIGKILL');
  await server.exit();
  rmSync(folder, { recursive: true, force: true });
}
