// No secret in any log: a server that logs all it can is sent keys, values and tokens in every way
// that there is, good and bad, and then its whole output is looked through.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AUDIENCE, startIssuer } from './support/issuer.ts';
import { openRawLine } from './support/raw-line.ts';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const SECRET_KEY = 'sEcReTkEy';
const SECRET_VALUE = 'sEcReTvAlUe';
const TOKENS = ['sEcReTwRiTeR', 'sEcReTrEaDeR', 'sEcReTuNkNoWn'];

/** Each way that a key may come, with what a body may hold. */
const CALLS = [
  ['PUT', '/kv', { key: SECRET_KEY, value: SECRET_VALUE }],
  ['POST', '/kv', { key: SECRET_KEY }],
  ['POST', '/kv', { key: `${SECRET_KEY}-missing` }],
  ['PUT', '/kv', { key: SECRET_KEY, value: SECRET_VALUE.repeat(200_000) }],
  ['PUT', '/kv', { key: SECRET_KEY.repeat(200), value: SECRET_VALUE }],
  ['PUT', '/kv', { key: SECRET_KEY, value: 7, [SECRET_VALUE]: 1 }],
  ['PUT', '/kv', `{"key":"${SECRET_KEY}","value":"${SECRET_VALUE}`],
  ['PATCH', `/kv/${SECRET_KEY}`, {}],
  ['PUT', `/v1/databases/0/keys/${SECRET_KEY}`, { value: SECRET_VALUE }],
  ['PUT', `/v1/databases/0/keys?key=${SECRET_KEY}`, { value: SECRET_VALUE }],
  ['GET', `/v1/databases/0/keys/${SECRET_KEY}`, undefined],
  ['GET', `/v1/databases/0/keys?key=${SECRET_KEY}-missing`, undefined],
  ['GET', `/v1/databases/0/keys?prefix=${SECRET_KEY}`, undefined],
  ['PUT', `/v1/databases/${SECRET_KEY}/keys/${SECRET_KEY}`, { value: SECRET_VALUE }],
  ['POST', `/kv/%${SECRET_KEY}`, { key: SECRET_KEY }],
  ['DELETE', '/kv', { key: SECRET_KEY }],
] as const;

test('no key, no value and no token is in any line', async () => {
  const issuer = await startIssuer();
  const jwts = [await issuer.sign(), await issuer.sign({ aud: 'another-service' })];
  const folder = tempFolder();
  writeFileSync(join(folder, 'tokens'), `${TOKENS[0]}\n${TOKENS[1]} read-only\n`);
  const server = startServer(folder, {
    REQUEST_LOG: 'all',
    LOG_LEVEL: 'trace',
    TOKENS_FILE: 'tokens',
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: AUDIENCE,
  });
  const url = await server.url();
  let sent = 0;
  for (const token of [...TOKENS, ...jwts, `${TOKENS[2]} two words`]) {
    for (const [method, path, body] of CALLS) {
      await fetch(url + path, {
        method,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'x-request-id': SECRET_KEY,
          'user-agent': SECRET_KEY,
        },
        ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }).then((reply) => reply.text());
      sent += 1;
    }
  }
  const line = await openRawLine(Number(new URL(url).port));
  line.socket.write(`NONSENSE ${SECRET_KEY}\r\nauthorization: Bearer ${TOKENS[0]}\r\n\r\n`);
  await line.statuses(1);
  writeFileSync(join(folder, 'tokens'), `${TOKENS[0]} but wrong\n`);
  await waitFor('the complaint about the file', () =>
    server.lines().some(({ msg }) => msg.startsWith('the token file cannot be used')),
  );
  await server.end('SIGTERM');
  const lines = server.lines();
  const output = lines.map((one) => JSON.stringify(one)).join('\n');
  expect(lines.filter(({ msg }) => msg === 'request').length).toBe(sent);
  for (const secret of [SECRET_KEY, SECRET_VALUE, ...TOKENS]) {
    expect(output.toLowerCase()).not.toContain(secret.toLowerCase());
    expect(output).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4));
  }
  for (const part of jwts.flatMap((jwt) => jwt.split('.'))) expect(output).not.toContain(part);
  const sealingKey = readFileSync(join(folder, 'dumbkv.db.sealing-key'), 'utf8').trim();
  expect(output).not.toContain(sealingKey);
});
