// An OpenID Connect issuer: a real HTTP server with a discovery document and keys made here, that
// signs tokens, changes its keys, falls silent and comes back.
// Used by tests of callers with a JWT.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

export const AUDIENCE = 'dumbkv-test';

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

export class TestIssuer {
  url = '';
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  /** The public keys that it shows. */
  keys: JWK[] = [];
  /** Answers in its place; undefined: it answers itself. */
  instead: RequestListener | undefined;
  /** What its discovery document says besides, or differently. */
  discovery: Record<string, unknown> = {};
  #key: SigningKey | undefined;
  #header = { alg: '', kid: '' };
  #server: Server | undefined;

  /** Makes another key, the one that it signs with from now on, and shows it alone. */
  async changeKey(kid: string, alg = 'ES256'): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    this.keys = [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }];
    this.#key = privateKey;
    this.#header = { alg, kid };
  }

  async listen(port = 0): Promise<void> {
    const server = createServer((request, response) => {
      this.asked.push(request.url ?? '');
      (this.instead ?? this.#answer)(request, response);
    });
    this.#server = server;
    await once(server.listen(port, '127.0.0.1'), 'listening');
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Is gone, until it listens again on its port. */
  async leave(): Promise<number> {
    this.#server?.close();
    this.#server?.closeAllConnections();
    return Number(new URL(this.url).port);
  }

  readonly #answer: RequestListener = (request, response) => {
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        issuer: this.url,
        jwks_uri: `${this.url}/keys`,
        ...this.discovery,
      },
      '/keys': { keys: this.keys },
    };
    const found = documents[request.url ?? ''];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  };

  /** A good token for a minute, unless the claims say otherwise (undefined takes one away). */
  sign(claims: Record<string, unknown> = {}, header: { kid?: string } = {}): Promise<string> {
    if (this.#key === undefined) throw new Error('the issuer has no key yet');
    const nowSeconds = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: this.url,
      aud: AUDIENCE,
      sub: 'somebody',
      iat: nowSeconds,
      exp: nowSeconds + 60,
      scope: 'openid dumbkv:read-write',
      ...claims,
    })
      .setProtectedHeader({ ...this.#header, ...header })
      .sign(this.#key);
  }
}

/** Starts an issuer with one key; it is gone when the running test ends. */
export async function startIssuer(alg = 'ES256'): Promise<TestIssuer> {
  const issuer = new TestIssuer();
  await issuer.changeKey('first', alg);
  await issuer.listen();
  onTestFinished(async () => void (await issuer.leave()));
  return issuer;
}
