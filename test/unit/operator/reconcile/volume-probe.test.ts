// The GET by which a server is asked about its volume, against real servers on the loopback
// interface: whatever is not its metrics tells nothing, and is never an exception.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { usageLimits } from '../../../../operator/limits.ts';
import { readVolumeRoom } from '../../../../operator/reconcile/volume-probe.ts';

const never = new AbortController().signal;
const METRICS = 'dumbkv_volume_size_bytes 1000\ndumbkv_volume_available_bytes 400\n';

/** A server that answers so; the URL of its metrics. */
async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

it('gives what the metrics tell, asked for once on a connection that is not kept', async () => {
  const seen: string[] = [];
  const url = await answering((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.connection}`);
    response.end(`# HELP a b\na 1\n${METRICS}`);
  });
  expect(await readVolumeRoom(url, never)).toEqual({ sizeBytes: 1000, availableBytes: 400 });
  expect(seen).toEqual(['GET /metrics close']);
});

it.each([
  [403, METRICS],
  [503, METRICS],
  [302, METRICS],
  [200, '<html>Log in</html>'],
  [200, ''],
])('gives nothing for an answer %i %j', async (status, body) => {
  const url = await answering((_request, response) => response.writeHead(status).end(body));
  expect(await readVolumeRoom(url, never)).toBeUndefined();
});

it('reads no further than metrics may go', async () => {
  let closed = new Promise(() => {});
  const url = await answering((request, response) => {
    closed = new Promise((resolve) => request.socket.once('close', resolve));
    const more = () => response.writable && response.write('x'.repeat(10_000), () => more());
    response.on('error', () => {}).writeHead(200);
    more();
  });
  expect(await readVolumeRoom(url, never)).toBeUndefined();
  await closed;
  const late = await answering((_request, response) =>
    response.end(`${'x\n'.repeat(usageLimits.bodyCharacters)}${METRICS}`),
  );
  expect(await readVolumeRoom(late, never)).toBeUndefined();
});

it('gives nothing where nobody is, where the name is not known, or when it is ended', async () => {
  expect(await readVolumeRoom('http://127.0.0.1:9/metrics', never)).toBeUndefined();
  const unknown = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }));
  expect(await readVolumeRoom('http://orders.shop.svc/metrics', never, unknown)).toBeUndefined();
  const stop = new AbortController();
  const url = await answering(() => stop.abort());
  expect(await readVolumeRoom(url, stop.signal)).toBeUndefined();
});
