// The parts of a body that comes for as long as it likes: one by one, late ones, the end of it,
// and nothing kept of those that have been taken.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { IncomingParts, isUnhurried } from '../../../server/incoming.ts';

const LONG_MS = 60_000;

/** A request as far as its parts are read, with a hand on when they come. */
function openParts(end = new AbortController()) {
  const body = new Readable({ read() {}, highWaterMark: 1 });
  const request = Object.assign(body, { socket: {} }) as unknown as IncomingMessage;
  return { body, end, request, parts: new IncomingParts(request, end.signal) };
}

test('parts come one by one, and then the end', async () => {
  const { body, parts } = openParts();
  body.push('a');
  expect(await parts.next(LONG_MS)).toEqual(Buffer.from('a'));
  body.push('b');
  expect(await parts.next(LONG_MS)).toEqual(Buffer.from('b'));
  body.push(null);
  expect(await parts.next(LONG_MS)).toBe('end');
});

test('a part that is late is not lost', async () => {
  const { body, parts } = openParts();
  expect(await parts.next(1)).toBe('late');
  expect(await parts.next(1)).toBe('late');
  body.push('a');
  expect(await parts.next(LONG_MS)).toEqual(Buffer.from('a'));
});

test('the end of a reply ends the waiting, that of now and all later', async () => {
  const { end, parts, request } = openParts();
  expect(isUnhurried(request.socket)).toBe(true);
  const waiting = parts.next(LONG_MS);
  end.abort();
  expect(await waiting).toBe('aborted');
  expect(await parts.next(LONG_MS)).toBe('aborted');
  expect(isUnhurried(request.socket)).toBe(false);
});

test('a connection that breaks is no failure of the server', async () => {
  const { body, parts } = openParts();
  const waiting = parts.next(LONG_MS);
  body.destroy(new Error('reset'));
  await expect(waiting).rejects.toMatchObject({ code: 'DKV_REQUEST_MALFORMED' });
});

test('what has been taken is not kept, however long it goes on', async () => {
  const { body, parts } = openParts();
  const taken: WeakRef<object>[] = [];
  for (let i = 0; i < 100; i += 1) {
    body.push(Buffer.alloc(1_000));
    taken.push(new WeakRef((await parts.next(LONG_MS)) as Buffer));
  }
  // a reference that was made or asked for in this turn counts until its end
  await new Promise(setImmediate);
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  expect(taken.filter((one) => one.deref() !== undefined).length).toBeLessThan(10);
  body.push(null);
});
