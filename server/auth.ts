// Who may call: checked in onRequest, before a byte of the body is read; a route is guarded unless
// it says otherwise.
// Next: `schemas.ts` asks whether the body makes sense.
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller, Callers } from './callers.ts';
import { type authErrors, ReplyError } from './errors.ts';

/** What a route needs of its caller: nothing, a token, or a token that may write. */
export type RouteAccess = 'open' | 'read' | 'write';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
  interface FastifyRequest {
    /** Who calls, once that has been asked. */
    caller: Caller | undefined;
    /** Whether who calls would be let in again now: to be asked where a reply goes on for long. */
    isStillAllowed(): Promise<boolean>;
  }
}

const BEARER = /^Bearer +(?<token>[A-Za-z0-9._~+/-]+=*) *$/i;
const REALM = 'Bearer realm="dumbkv"';
const INSUFFICIENT = `${REALM}, error="insufficient_scope"`;

/** Guards all routes of `app`; without `callers` everybody may call. */
export function guard(app: FastifyInstance, callers: Callers | undefined): void {
  app.decorateRequest('caller', undefined);
  const connections = callers && new KnownConnections(callers);
  app.decorateRequest('isStillAllowed', async function (this: FastifyRequest) {
    const needed = this.routeOptions.config.access ?? 'write';
    if (connections === undefined || needed === 'open') return true;
    const { raw, headers } = this;
    const caller = await connections.callerOn(raw.socket, headers.authorization ?? '');
    return refusalOf(caller, needed) === undefined;
  });
  if (connections === undefined) return;
  app.addHook('onRequest', (request, _reply, done) => {
    const needed = request.routeOptions.config.access ?? 'write';
    if (needed === 'open') return done();
    const settle = (caller: Caller | undefined) => {
      request.caller = caller;
      done(refusalOf(caller, needed));
    };
    const header = request.headers.authorization;
    if (header === undefined) return done(refusal('DKV_TOKEN_MISSING', REALM));
    const found = connections.callerOn(request.raw.socket, header);
    if (found instanceof Promise) found.then(settle, done);
    else settle(found);
  });
}

function refusalOf(caller: Caller | undefined, needed: 'read' | 'write'): ReplyError | undefined {
  if (caller === undefined) {
    return refusal('DKV_TOKEN_INVALID', `${REALM}, error="invalid_token"`);
  }
  if (caller.access === 'read-write') return undefined;
  if (caller.access === 'none') return refusal('DKV_TOKEN_NO_ACCESS', INSUFFICIENT);
  return needed === 'read' ? undefined : refusal('DKV_TOKEN_READ_ONLY', INSUFFICIENT);
}

const refusal = (code: keyof typeof authErrors, challenge: string) =>
  new ReplyError(code, undefined, { headers: { 'www-authenticate': challenge } });

interface Proof {
  readonly header: string;
  readonly caller: Caller;
  readonly generation: number;
}

/**
 * What each connection proved last: clients send the same header again and again, and a digest for
 * each request would cost more than the rest of the check.
 */
class KnownConnections {
  readonly #callers: Callers;
  readonly #proofs = new WeakMap<Socket, Proof>();

  constructor(callers: Callers) {
    this.#callers = callers;
  }

  callerOn(socket: Socket, header: string): Caller | undefined | Promise<Caller | undefined> {
    const { generation } = this.#callers;
    const proof = this.#proofs.get(socket);
    if (proof?.generation === generation && isSameText(proof.header, header)) {
      if (Date.now() < proof.caller.expiresAtMs) return proof.caller;
    }
    const token = BEARER.exec(header)?.groups?.token;
    const found = token === undefined ? undefined : this.#callers.callerOf(token);
    const note = (caller: Caller | undefined) => {
      if (caller !== undefined) this.#proofs.set(socket, { header, caller, generation });
      return caller;
    };
    return found instanceof Promise ? found.then(note) : note(found);
  }
}

/**
 * Compares in a time that says nothing of where the texts differ: behind a proxy one connection
 * carries the tokens of many.
 */
function isSameText(known: string, sent: string): boolean {
  if (known.length !== sent.length) return false;
  let differing = 0;
  for (let at = 0; at < known.length; at += 1) {
    differing |= known.charCodeAt(at) ^ sent.charCodeAt(at);
  }
  return differing === 0;
}
