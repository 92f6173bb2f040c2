// Percentiles, by an open loop of our own: vegeta opens a connection for each request that finds
// none free, and once it is late it measures its own connections; wrk and hey send no sooner than
// they have an answer.
// Next: `steady-main.ts`.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SteadyResult } from './steady-loop.ts';
import type { Load } from './wrk.ts';

const MAIN = fileURLToPath(new URL('steady-main.ts', import.meta.url));
/** As the maxima that the rates come from. */
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;

/** Runs the open loop at this rate. */
export async function runSteady(load: Load, perSecond: number): Promise<SteadyResult> {
  const numbers = [perSecond, load.seconds, WARM_UP_SECONDS, CONNECTIONS].map(String);
  const { stdout } = await promisify(execFile)('taskset', [
    ...['-c', load.cores, process.execPath, MAIN, load.origin, load.requestsFile],
    ...numbers,
  ]);
  return JSON.parse(stdout);
}
