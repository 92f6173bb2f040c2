// The generators: what wrk printed is read rightly, and the open loop sends everything and counts
// what comes back, against a real server.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readRequests, requestsFileOf } from '../../bench/load/requests.ts';
import { responseIn } from '../../bench/load/response.ts';
import { dueMsOf, runSteadily } from '../../bench/load/steady-loop.ts';
import { countedBy } from '../../bench/load/wrk.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
const CHUNKED = 'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n';

test('the line of the script is found among what wrk prints', () => {
  const output = [
    'Running 5s test @ http://127.0.0.1:8000',
    '  50000 requests in 5.00s, 9.06MB read',
    'RESULT {"requests":50000,"durationUs":5000000,"badStatus":2,"broken":1}',
    '',
  ].join('\n');
  expect(countedBy(output)).toEqual({ requests: 50_000, seconds: 5, failures: 3 });
  expect(() => countedBy('unable to connect')).toThrow('unable to connect');
});

test('a response ends where its length says', () => {
  expect(responseIn(`${HEAD}hello`)).toEqual({ status: 200, length: HEAD.length + 5 });
  expect(responseIn(`${HEAD}hell`)).toBeUndefined();
  expect(responseIn('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n')).toBeUndefined();
  expect(responseIn('HTTP/1.1 204 No Content\r\n\r\n')?.status).toBe(204);
});

test('a response in chunks ends with the empty one', () => {
  const whole = `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`;
  expect(responseIn(whole)).toEqual({ status: 404, length: whole.length });
  expect(responseIn(`${CHUNKED}5\r\nhello\r\n`)).toBeUndefined();
  expect(responseIn(`${CHUNKED}0\r\n\r\n`)?.status).toBe(404);
});

test('a request is due by its number alone', () => {
  expect([0, 1, 50].map((sequence) => dueMsOf(sequence, 100))).toEqual([0, 10, 500]);
});

async function steadily(listener: RequestListener, connections: number, warmUpSeconds = 0) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const paths = ['/a', '/b'].map((path) => ({ method: 'GET', path }) as const);
  const requests = readRequests(requestsFileOf(origin, paths));
  const load = { host: '127.0.0.1', port, requests, perSecond: 200, seconds: 0.5 };
  return runSteadily({ ...load, warmUpSeconds, connections });
}

test('the open loop sends each request once and waits for all of them', async () => {
  const asked: string[] = [];
  const result = await steadily(({ url = '' }, response) => {
    asked.push(url);
    response.end('{"value":"a"}');
  }, 4);
  expect(result.requests).toBe(100);
  expect(result.failures).toBe(0);
  expect(asked.filter((url) => url === '/a')).toHaveLength(50);
  expect(asked.filter((url) => url === '/b')).toHaveLength(50);
  expect(result.waitMs.max).toBeGreaterThanOrEqual(result.waitMs.p50);
});

test('answers that are no 200 are failures', async () => {
  const result = await steadily((_request, response) => {
    response.statusCode = 503;
    response.end();
  }, 4);
  expect(result).toMatchObject({ requests: 100, failures: 100 });
});

test('who waits for a connection waits since the request was due', async () => {
  let count = 0;
  const heldMs = 300;
  const result = await steadily((_request, response) => {
    count += 1;
    if (count === 1) setTimeout(() => response.end(), heldMs);
    else response.end();
  }, 1);
  // One answer is late, and so are all that were due behind it on the only connection.
  expect(result.requests).toBe(100);
  expect(result.waitMs.p50).toBeGreaterThan(0);
  expect(result.waitMs.max).toBeGreaterThanOrEqual(heldMs - 1);
});

test('what waited in the warm-up counts as a request, and not as a wait', async () => {
  let count = 0;
  const heldMs = 3_000;
  const warmUpSeconds = 1;
  const result = await steadily(
    (_request, response) => {
      count += 1;
      if (count === 1) setTimeout(() => response.end(), heldMs);
      else response.end();
    },
    4,
    warmUpSeconds,
  );
  expect(result).toMatchObject({ requests: 300, seconds: 1.5, failures: 0 });
  expect(result.waitMs.max).toBeLessThan(heldMs);
});
