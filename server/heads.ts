// The head of a request: what HTTP asks of it, and the names that the server answers to.
// Next: `cors.ts`.
import { BlockList, isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ReplyError } from './errors.ts';
import { hostInTarget } from './request-target.ts';

/** Node takes the first of these and passes the others over; a proxy may take the last. */
const ONCE = ['host', 'authorization', 'content-type'];
const HOST = /^(?<name>\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/**
 * Refuses heads that are no HTTP, and expectations that are not met. With `names`, hosts that are
 * neither among them nor IP addresses are refused too.
 */
export function checkHeads(app: FastifyInstance, names: readonly string[] | undefined): void {
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', ({ raw }, _reply, done) => done(refusalOf(raw, names)));
}

function refusalOf(
  request: FastifyRequest['raw'],
  names: readonly string[] | undefined,
): ReplyError | undefined {
  const { rawHeaders, headers, httpVersion } = request;
  const { expect, host } = headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    return new ReplyError('DKV_EXPECTATION_FAILED');
  }
  const twice = ONCE.find((name) => headers[name] !== undefined && isTwice(rawHeaders, name));
  if (twice !== undefined) return malformed(`it has more than one ${twice}`);
  if (host === undefined && httpVersion === '1.1') return malformed('it has no host');
  // RFC 9112, 3.2.2: it counts in place of the header
  const inTarget = hostInTarget(request);
  const called = inTarget ?? host;
  if (called === undefined) return undefined;
  const name = nameIn(called);
  if (name === undefined || nameIn(host ?? '') === undefined) return malformed('its host is none');
  return names && !isOwnName(name, names) ? new ReplyError('DKV_HOST_UNKNOWN') : undefined;
}

const nameIn = (host: string): string | undefined => HOST.exec(host)?.groups?.name?.toLowerCase();

const malformed = (complaint: string): ReplyError =>
  new ReplyError('DKV_REQUEST_MALFORMED', `The request is not valid HTTP: ${complaint}.`, {
    headers: { connection: 'close' },
  });

/** Node gives names and values by turns, as they were sent. */
function isTwice(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const sent = rawHeaders[at];
    if (sent?.length === name.length && sent.toLowerCase() === name) count += 1;
  }
  return count > 1;
}

/** A name can be made to lead here by who owns it, an address cannot. */
const isOwnName = (name: string, names: readonly string[]): boolean =>
  isIP(name.replace(/^\[|\]$/g, '')) !== 0 || names.includes(name);

/**
 * The names that an open server for its own machine answers to. Any web page could have its own
 * name lead here, and would then be no stranger to the browser (DNS rebinding).
 */
export const localNames = (allowedOrigins: readonly string[]): string[] => [
  'localhost',
  ...allowedOrigins.map((origin) => new URL(origin).hostname),
];

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Whether what listens on `host` is reached from this machine alone. */
export const isLoopback = (host: string): boolean =>
  host.toLowerCase() === 'localhost' || loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
