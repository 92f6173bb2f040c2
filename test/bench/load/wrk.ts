// Maxima, by wrk: each connection sends its next request as soon as it has an answer. Its own
// percentiles leave out the waiting that it spares itself, so they are not told.
// Next: `../measure.ts`.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generatorEnvironment } from '../running.ts';

const SCRIPT = fileURLToPath(new URL('requests.lua', import.meta.url));
const TIMEOUT = '10s';

export interface Load {
  readonly origin: string;
  readonly requestsFile: string;
  readonly seconds: number;
  readonly programs: string;
  /** The cores of the generator. */
  readonly cores: string;
}

/** What a generator counted. */
export interface Counted {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were no 200, and requests that got none. */
  readonly failures: number;
}

/** The line that `requests.lua` prints. Throws where wrk got no answer at all. */
export function countedBy(output: string): Counted {
  const line = /^RESULT (?<json>\{.*\})$/m.exec(output)?.groups?.json;
  if (line === undefined) throw new Error(`wrk printed no result: ${output.slice(-300)}`);
  const { requests, durationUs, badStatus, broken } = JSON.parse(line);
  return { requests, seconds: durationUs / 1e6, failures: badStatus + broken };
}

/** Runs wrk with one thread. */
export async function runWrk(load: Load, connections: number): Promise<Counted> {
  const options = ['-t1', `-c${connections}`, `-d${load.seconds}s`, '--timeout', TIMEOUT];
  const { stdout } = await promisify(execFile)(
    'taskset',
    ['-c', load.cores, 'wrk', ...options, '-s', SCRIPT, load.origin, '--', load.requestsFile],
    { env: generatorEnvironment(load.programs) },
  );
  return countedBy(stdout);
}
