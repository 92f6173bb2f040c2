// Sends the GET by which the operator knows that an instance answers through its Service, and tells
// the server's own answers from what others say on the way. reachability.ts decides when to ask,
// and remembers.
import { type LookupAddress, lookup } from 'node:dns';
import { get, type IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { withDeadline } from '../kube/deadline.ts';
import { probeLimits } from '../limits.ts';
import type { ProbeAnswer } from '../status/reach.ts';

/** Finds the addresses of a name; rejects with what `node:dns` rejects with. */
export type LookUp = (hostname: string, options: { all: true }) => Promise<LookupAddress[]>;

const lookUpName: LookUp = promisify(lookup);

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
  const { lookupTimeoutMs, timeoutMs } = probeLimits;
  let addresses: LookupAddress[];
  try {
    addresses = await withDeadline(lookupTimeoutMs, signal, (limited) =>
      unlessAborted(lookUp(new URL(url).hostname, { all: true }), limited),
    );
  } catch (error) {
    const code = codeOf(error);
    // a resolver that does not answer says nothing of the instance
    const outcome = code === 'ENOTFOUND' ? 'refused' : 'silent';
    return { outcome, detail: `the name cannot be resolved (${code})` };
  }
  try {
    return await withDeadline(timeoutMs, signal, (limited) => ask(url, addresses, limited));
  } catch (error) {
    return failureFrom(codeOf(error));
  }
}

// a lookup cannot be broken off, but it need not be waited for
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    work.then(resolve, reject);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
  });
}

function ask(url: string, addresses: LookupAddress[], signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const known: LookupFunction = (_name, _options, done) => done(null, addresses);
    const request = get(url, { signal, agent: false, lookup: known }, (response) => {
      answerFrom(response).then(resolve, reject);
    });
    request.on('error', reject);
  });
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
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > probeLimits.bodyCharacters) break;
  }
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
