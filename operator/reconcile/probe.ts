// Sends the GET by which the operator knows that an instance answers through its Service.
// reachability.ts decides when, and remembers the answer.
import { get } from 'node:http';
import { probeLimits } from '../limits.ts';
import type { ProbeAnswer } from './reachability.ts';

/** GETs a URL once, on a connection of its own; whatever fails is an answer too. */
export function probe(url: string, signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(probeLimits.timeoutMs)]);
    const request = get(url, { signal: limit, agent: false }, (response) => {
      response.resume();
      resolve({ statusCode: response.statusCode ?? 0 });
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ failure: limit.aborted ? 'no answer in time' : (error.code ?? error.message) });
    });
  });
}
