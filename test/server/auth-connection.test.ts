// What a connection proved once it need not prove again, and nothing else is let in by that:
// another header, another connection, a token that is gone since.
import { expect, test } from 'vitest';
import type { Callers } from '../../server/callers.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openApp } from './support/open-app.ts';
import { openRawLine, portOf, rawRequest } from './support/raw-line.ts';

const TEXT = 'writer-token\nother-token\nreader-token read-only\n';

/** A connection to a new server; `send` gives the status of each request. */
async function connected(tokens: Callers) {
  const { app } = await openApp({ tokens });
  const port = await portOf(app);
  const open = async () => {
    const line = await openRawLine(port);
    let sent = 0;
    return async (token: string, method: 'PUT' | 'POST' = 'POST'): Promise<number | undefined> => {
      const body = method === 'PUT' ? '{"key":"k","value":"v"}' : '{"key":"missing"}';
      line.socket.write(rawRequest(method, body, `authorization: Bearer ${token}\r\n`));
      sent += 1;
      return (await line.statuses(sent)).at(-1);
    };
  };
  return { open, send: await open() };
}

test('the same header on one connection is looked up once', async () => {
  const tokens = fixedTokens(TEXT);
  const { send } = await connected(tokens);
  for (let i = 0; i < 5; i += 1) expect(await send('writer-token')).toBe(404);
  expect(tokens.asked).toBe(1);
});

test('another connection proves it for itself', async () => {
  const tokens = fixedTokens(TEXT);
  const { open, send } = await connected(tokens);
  const other = await open();
  expect(await send('writer-token')).toBe(404);
  expect(await other('wrong-token!')).toBe(401);
  expect(await other('writer-token')).toBe(404);
  expect(tokens.asked).toBe(2);
});

test.each(['writer-tokem', 'xriter-token', 'writer-toke', 'writer-token2'])(
  'after a good one "%s" is still not known, and then the good one is',
  async (wrong) => {
    const { send } = await connected(fixedTokens(TEXT));
    expect(await send('writer-token')).toBe(404);
    expect(await send(wrong)).toBe(401);
    expect(await send('writer-token')).toBe(404);
  },
);

test('each token on a shared connection keeps its own access', async () => {
  const { send } = await connected(fixedTokens(TEXT));
  expect(await send('writer-token', 'PUT')).toBe(200);
  expect(await send('reader-token', 'PUT')).toBe(403);
  expect(await send('reader-token')).toBe(404);
  expect(await send('reader-token', 'PUT')).toBe(403);
  expect(await send('other-token', 'PUT')).toBe(200);
});

test('a token that is gone since counts no more on its old connection', async () => {
  const tokens = fixedTokens(TEXT);
  const { send } = await connected(tokens);
  expect(await send('writer-token')).toBe(404);
  tokens.change('other-token\n');
  expect(await send('writer-token')).toBe(401);
  expect(await send('other-token')).toBe(404);
});

test('a token that may only read since writes no more on its old connection', async () => {
  const tokens = fixedTokens(TEXT);
  const { send } = await connected(tokens);
  expect(await send('writer-token', 'PUT')).toBe(200);
  tokens.change('writer-token read-only\n');
  expect(await send('writer-token', 'PUT')).toBe(403);
  expect(await send('writer-token')).toBe(404);
});

test('what a caller proved ends when its token expires', async () => {
  let asked = 0;
  const expired: Callers = {
    generation: 0,
    callerOf: () => {
      asked += 1;
      return { id: 'one', access: 'read-write', expiresAtMs: asked === 1 ? 0 : Infinity };
    },
    close: () => {},
  };
  const { send } = await connected(expired);
  for (let i = 0; i < 4; i += 1) await send('any-token');
  expect(asked).toBe(2);
});

test('an answer that takes its time is for the tokens of when it was asked', async () => {
  let generation = 0;
  let asked = 0;
  const slow: Callers = {
    get generation() {
      return generation;
    },
    callerOf: async () => {
      asked += 1;
      await new Promise(setImmediate);
      generation += asked === 1 ? 1 : 0;
      return { id: 'one', access: 'read-write', expiresAtMs: Infinity };
    },
    close: () => {},
  };
  const { send } = await connected(slow);
  for (let i = 0; i < 4; i += 1) expect(await send('any-token')).toBe(404);
  expect(asked).toBe(2);
});

test('a source that fails is a failure of the server, not leave to come in', async () => {
  const failing: Callers = {
    generation: 0,
    callerOf: () => Promise.reject(new Error('no answer')),
    close: () => {},
  };
  const { send } = await connected(failing);
  expect(await send('any-token')).toBe(500);
});
