// Who may call: checked in onRequest, before a byte of the body is read; a route is guarded unless
// it says otherwise.
// Next: `schemas.ts` asks whether the body makes sense.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ReplyError } from './errors.ts';
import type { Tokens } from './tokens.ts';

/** What a route needs of its caller: nothing, a token, or a token that may write. */
export type RouteAccess = 'open' | 'read' | 'write';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
}

const BEARER = /^Bearer +(?<token>[A-Za-z0-9._~+/-]+=*) *$/i;
const REALM = 'Bearer realm="dumbkv"';

/** Guards all routes of `app`; without tokens everybody may call. */
export function guard(app: FastifyInstance, tokens: Tokens | undefined): void {
  if (tokens === undefined) return;
  app.addHook('onRequest', async (request) => {
    const needed = request.routeOptions.config.access ?? 'write';
    if (needed !== 'open') authorize(request, tokens, needed);
  });
}

function authorize(request: FastifyRequest, tokens: Tokens, needed: RouteAccess): void {
  const header = request.headers.authorization;
  if (header === undefined) throw refusal('DKV_TOKEN_MISSING', REALM);
  const token = BEARER.exec(header)?.groups?.token;
  const access = token === undefined ? undefined : tokens.accessOf(token);
  if (access === undefined) throw refusal('DKV_TOKEN_INVALID', `${REALM}, error="invalid_token"`);
  if (needed === 'write' && access !== 'read-write') {
    throw refusal('DKV_TOKEN_READ_ONLY', `${REALM}, error="insufficient_scope"`);
  }
}

const refusal = (
  code: 'DKV_TOKEN_MISSING' | 'DKV_TOKEN_INVALID' | 'DKV_TOKEN_READ_ONLY',
  challenge: string,
) => new ReplyError(code, undefined, { headers: { 'www-authenticate': challenge } });
