// The head of a request: what HTTP asks of it, and the names that the server answers to.
// Next: `cors.ts`.
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ReplyError } from './errors.ts';

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
  app.addHook('onRequest', async ({ raw, headers }) => {
    const { expect } = headers;
    if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
      throw new ReplyError('DKV_EXPECTATION_FAILED');
    }
    const complaint = complaintOf(raw);
    if (complaint !== undefined) {
      throw new ReplyError(
        'DKV_REQUEST_MALFORMED',
        `The request is not valid HTTP: ${complaint}.`,
        {
          headers: { connection: 'close' },
        },
      );
    }
    const name = HOST.exec(headers.host ?? '')?.groups?.name?.toLowerCase() ?? '';
    if (names !== undefined && headers.host !== undefined && !isOwnName(name, names)) {
      throw new ReplyError('DKV_HOST_UNKNOWN');
    }
  });
}

function complaintOf({ rawHeaders, headers, httpVersion }: FastifyRequest['raw']) {
  for (const name of ONCE) {
    if (headers[name] === undefined) continue;
    const isThis = (text: string, at: number) => at % 2 === 0 && text.toLowerCase() === name;
    if (rawHeaders.filter(isThis).length > 1) return `it has more than one ${name}`;
  }
  if (headers.host === undefined) return httpVersion === '1.1' ? 'it has no host' : undefined;
  return HOST.test(headers.host) ? undefined : 'its host is none';
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

/** Whether what listens on `host` is reached from this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\./.test(host);
