// One GET through the Service of an instance, on a connection of its own: whom it leads to, and at
// most so much of what it answers. probe.ts and volume-probe.ts say what they ask for.
import { type LookupAddress, lookup } from 'node:dns';
import { get, type IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { withDeadline } from '../kube/deadline.ts';
import { probeLimits } from '../limits.ts';

/** Finds the addresses of a name; rejects with what `node:dns` rejects with. */
export type LookUp = (hostname: string, options: { all: true }) => Promise<LookupAddress[]>;

export const lookUpName: LookUp = promisify(lookup);

/** The addresses of a URL's host; rejects when the name server does not answer in time, too. */
export function addressesOf(
  url: string,
  signal: AbortSignal,
  lookUp: LookUp,
): Promise<LookupAddress[]> {
  return withDeadline(probeLimits.lookupTimeoutMs, signal, (limited) =>
    unlessAborted(lookUp(new URL(url).hostname, { all: true }), limited),
  );
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

/** GETs once, and gives what `read` makes of the answer. */
export function getOnce<T>(
  url: string,
  addresses: LookupAddress[],
  read: (response: IncomingMessage) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const known: LookupFunction = (_name, _options, done) => done(null, addresses);
    const request = get(url, { signal, agent: false, lookup: known }, (response) => {
      read(response).then(resolve, reject);
    });
    request.on('error', reject);
  });
}

/** The text of a body, or its beginning where it is longer than that. */
export async function textOf(response: IncomingMessage, charactersMax: number): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > charactersMax) break;
  }
  return text;
}
