// Bytes that never become a request: they get a problem and the end of the connection, but only
// after the requests before them have been answered.
// Next: the client; `errors.ts` has the codes.
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { unanswered } from './connections.ts';
import { ReplyError, type ReplyErrorCode } from './errors.ts';
import { isUnhurried } from './incoming.ts';
import { MEDIA_TYPE, problemOf } from './problem.ts';
import { answeredByHand } from './reply-end.ts';
import { RAW_HEADERS } from './reply-headers.ts';

/** What Node's parser says; whatever is not here is DKV_REQUEST_MALFORMED. */
const PARSER_CODES: Readonly<Record<string, ReplyErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'DKV_HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'DKV_REQUEST_TIMEOUT',
};

/** The client has ended the connection in the middle of a request. */
const LEFT = 'HPE_INVALID_EOF_STATE';

/** Fastify's `clientErrorHandler`; `count` is told the status of each reply. */
export const rawProblems =
  (count: (status: number) => void) =>
  (error: NodeJS.ErrnoException, socket: Socket): void => {
    const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (isLate && isUnhurried(socket)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const code = PARSER_CODES[error.code ?? ''] ?? 'DKV_REQUEST_MALFORMED';
    refuse(socket, code, { count, hasLeft: error.code === LEFT });
  };

/** Refuses CONNECT, which Node hands over as a bare connection: there are no tunnels here. */
export function refuseTunnels(app: FastifyInstance, count: (status: number) => void): void {
  app.server.on('connect', (_request, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    refuse(socket, 'DKV_METHOD_NOT_ALLOWED', { count, headers: 'Allow: \r\n' });
  });
}

/** Node tells of each piece that comes behind the first; one answer ends the connection. */
const refused = new WeakSet<Socket>();

interface Refusal {
  readonly count: (status: number) => void;
  readonly headers?: string;
  readonly hasLeft?: boolean;
}

function refuse(
  socket: Socket,
  code: ReplyErrorCode,
  { count, headers = '', hasLeft = false }: Refusal,
): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  const end = () => {
    const problem = problemOf(new ReplyError(code));
    const body = JSON.stringify(problem);
    const [begun] = unanswered(socket);
    // a request that has begun is counted as what it is, when its response is closed
    if (begun === undefined) count(problem.status);
    else if (!hasLeft) answeredByHand(begun, problem.status);
    socket.end(
      `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: ${MEDIA_TYPE}\r\n` +
        `${RAW_HEADERS}${headers}Connection: close\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  };
  // One that is not whole will not be: these bytes are in it.
  const last = unanswered(socket).findLast(({ req }) => req.complete);
  if (last === undefined) end();
  else last.once('close', end);
}
