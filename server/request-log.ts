// What is told of each request: an id, which its reply carries too, and a line in the log where
// that is asked for. No line holds a URL, a key, a value or a token.
// Next: the log; `problem.ts` logs what fails here, whatever is asked for.
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isWhole, statusOf } from './reply-end.ts';
import { toldOf } from './request-labels.ts';

/** Which requests get a line: none, those that are refused or fail, all. */
export const REQUEST_LOGS = ['off', 'errors', 'all'] as const;
export type RequestLog = (typeof REQUEST_LOGS)[number];

/**
 * Ids that no other process gives: a few random characters, and a number. What clients send as an
 * id is not taken: two requests could have the same, and anything could be in it.
 */
export function requestIds(): () => string {
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}

/** Has a request logged when it is over, or its client is gone. */
export type LogRequest = (request: FastifyRequest, reply: FastifyReply) => void;

/** Logs such requests; undefined: there are none. */
export function requestLogger(which: RequestLog): LogRequest | undefined {
  if (which === 'off') return undefined;
  const leastStatus = which === 'all' ? 0 : 400;
  return (request, reply) => {
    reply.raw.once('close', () => {
      if (statusOf(reply.raw) >= leastStatus) request.log.info(lineOf(request, reply), 'request');
    });
  };
}

/** Logs the requests of `app`. */
export function logRequests(app: FastifyInstance, log: LogRequest | undefined): void {
  if (log === undefined) return;
  app.addHook('onRequest', (request, reply, done) => {
    log(request, reply);
    done();
  });
}

function lineOf(request: FastifyRequest, reply: FastifyReply) {
  const bytes = reply.getHeader('content-length');
  return {
    ...toldOf(request),
    status: statusOf(reply.raw),
    durationMs: Math.round(reply.elapsedTime * 100) / 100,
    ...(bytes === undefined ? {} : { bytes: Number(bytes) }),
    // Nobody read the reply, or it never came.
    ...(isWhole(reply.raw) ? {} : { aborted: true }),
  };
}
