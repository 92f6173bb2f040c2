// Sends the GET by which the operator knows that an instance answers through its Service, and tells
// the server's own answers from what others say on the way. reachability.ts decides when to ask,
// and remembers.
import type { LookupAddress } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { withDeadline } from '../kube/deadline.ts';
import { probeLimits } from '../limits.ts';
import type { ProbeAnswer } from '../status/reach.ts';
import { addressesOf, getOnce, lookUpName, textOf } from './service-get.ts';

/** Whether an API server of this URL is the one of the cluster in which this process runs. */
export function isOwnCluster(serverUrl: string, serviceHost: string): boolean {
  const bare = (host: string) => host.replace(/^\[|\]$/g, '');
  return serviceHost !== '' && bare(new URL(serverUrl).hostname) === bare(serviceHost);
}

/** GETs a URL once, on a connection of its own; whatever fails is an answer too. */
export async function probe(
  url: string,
  signal: AbortSignal,
  lookUp = lookUpName,
): Promise<ProbeAnswer> {
  const { timeoutMs } = probeLimits;
  let addresses: LookupAddress[];
  try {
    addresses = await addressesOf(url, signal, lookUp);
  } catch (error) {
    const code = codeOf(error);
    // a resolver that does not answer says nothing of the instance
    const outcome = code === 'ENOTFOUND' ? 'refused' : 'silent';
    return { outcome, detail: `the name cannot be resolved (${code})` };
  }
  try {
    return await withDeadline(timeoutMs, signal, (limited) =>
      getOnce(url, addresses, answerFrom, limited),
    );
  } catch (error) {
    return failureFrom(codeOf(error));
  }
}

async function answerFrom(response: IncomingMessage): Promise<ProbeAnswer> {
  const { statusCode = 0 } = response;
  const body = await beginningOf(response);
  if (statusCode === 200 && body.status === 'healthy') return { outcome: 'healthy', detail: '200' };
  const isProblem = /^application\/problem\+json\b/.test(response.headers['content-type'] ?? '');
  const code = String(body.code ?? '');
  return isProblem && /^DKV_[A-Z_]+$/.test(code)
    ? { outcome: 'unhealthy', detail: `${statusCode} ${code}` }
    : { outcome: 'intercepted', detail: `status ${statusCode}` };
}

/** The JSON object that a body holds, or nothing where it is something else, or too long. */
async function beginningOf(response: IncomingMessage): Promise<Record<string, unknown>> {
  const text = await textOf(response, probeLimits.bodyCharacters);
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

const codeOf = (error: unknown): string => {
  const { code, name, message } = error as NodeJS.ErrnoException;
  return name === 'AbortError' || name === 'DeadlineExceeded'
    ? 'no answer in time'
    : (code ?? message);
};

const SILENCE = new Set(['no answer in time', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

/** A connection that was made and then broken, or that speaks no HTTP, met something in between. */
function failureFrom(code: string): ProbeAnswer {
  if (SILENCE.has(code)) return { outcome: 'silent', detail: code };
  const isBroken = code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('HPE_');
  return { outcome: isBroken ? 'intercepted' : 'refused', detail: code };
}
