// A body as it arrives: however it is cut, the same bytes come out; more than may be is refused.
// Whole floods are tested in test/server/http-flood.test.ts.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../../server/limits.ts';
import { type Bounds, receiveBody } from '../../../server/receive.ts';

/** A request whose body comes in these parts. */
const requestOf = (parts: Iterable<Uint8Array>, headers: Record<string, string> = {}) =>
  Object.assign(Readable.from(parts, { objectMode: false }), { headers }) as IncomingMessage;

/** A share of a budget of so many bytes, and the most that was asked of it. */
function shareOf(totalBytes: number) {
  const share = {
    heldBytes: 0,
    growTo: (bytes: number) => {
      if (bytes > totalBytes) return false;
      share.heldBytes = bytes;
      return true;
    },
  };
  return share;
}

const receive = (request: IncomingMessage, bounds: Bounds): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    receiveBody(request, bounds, (refusal, bytes) =>
      refusal === null ? resolve(bytes) : reject(refusal),
    );
  });

const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 5_000 }), { maxLength: 20 });

test('however a body is cut, with a length or without, its bytes come out', async () => {
  await fc.assert(
    fc.asyncProperty(parts, fc.boolean(), async (list, declares) => {
      const whole = Buffer.concat(list);
      const headers = declares ? { 'content-length': String(whole.length) } : undefined;
      const share = shareOf(limits.bodyBytesMax);
      const bounds = { bytesMax: limits.bodyBytesMax, share: () => share };
      const bytes = await receive(requestOf(list, headers), bounds);
      expect(bytes?.equals(whole)).toBe(true);
      const isSmall = whole.length <= limits.smallBytesMax;
      expect(share.heldBytes === 0).toBe(isSmall);
      expect(share.heldBytes).toBeLessThanOrEqual(Math.max(2 * whole.length, 0));
    }),
  );
});

test('what was declared is the most that is held', async () => {
  const share = shareOf(limits.bodyBytesMax);
  const list = [Buffer.alloc(9_000), Buffer.alloc(1_000)];
  const headers = { 'content-length': '10000' };
  const bounds = { bytesMax: limits.bodyBytesMax, share: () => share };
  await receive(requestOf(list, headers), bounds);
  expect(share.heldBytes).toBe(10_000);
});

test.each([
  ['declared', { 'content-length': '101' }],
  ['in chunks', undefined],
])('one byte too much, %s, is refused when all has come', async (_, headers) => {
  const bounds = { bytesMax: 100, share: () => shareOf(0) };
  const request = requestOf([Buffer.alloc(60), Buffer.alloc(41)], headers);
  await expect(receive(request, bounds)).rejects.toMatchObject({ code: 'DKV_BODY_TOO_LARGE' });
  expect(request.readableEnded).toBe(true);
});

test('what no call takes is refused at once', async () => {
  const bounds = { bytesMax: 100, share: () => shareOf(0) };
  const request = new Readable({ read: () => {} });
  const headers = { 'content-length': String(limits.bodyBytesMax + 1) };
  const received = receive(Object.assign(request, { headers }) as IncomingMessage, bounds);
  await expect(received).rejects.toMatchObject({ code: 'DKV_BODY_TOO_LARGE' });
});

test('without an end there is no body', async () => {
  const request = new Readable({ read: () => {} });
  const headers = { 'content-length': '100' };
  const bounds = { bytesMax: 100, share: () => shareOf(0) };
  const received = receive(Object.assign(request, { headers }) as IncomingMessage, bounds);
  request.push('half');
  request.once('data', () => request.destroy());
  await expect(received).rejects.toMatchObject({ code: 'DKV_REQUEST_MALFORMED' });
});

test('what becomes of a body is told once, however its request ends', async () => {
  const request = new Readable({ read: () => {} });
  const headers = { 'content-length': String(limits.bodyBytesMax + 1) };
  const told: unknown[] = [];
  const bounds = { bytesMax: 100, share: () => shareOf(0) };
  const payload = Object.assign(request, { headers }) as IncomingMessage;
  receiveBody(payload, bounds, (refusal) => told.push(refusal?.code));
  request.push(null);
  await once(request.resume(), 'close');
  expect(told).toEqual(['DKV_BODY_TOO_LARGE']);
});
