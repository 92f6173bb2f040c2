// The GET itself, against real servers on the loopback interface: a status or the reason why there
// is none, never an exception.
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { probe } from '../../../../operator/reconcile/probe.ts';

const never = new AbortController().signal;
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Listens on a free port; the URL of it. */
async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
}

const answering = (listener: RequestListener) => listening(createServer(listener));

describe('a GET', () => {
  it.each([200, 204, 404, 503])('gives the status %i', async (statusCode) => {
    const url = await answering((_request, response) => response.writeHead(statusCode).end());
    expect(await probe(url, never)).toEqual({ statusCode });
  });

  it('asks for its path, once, on a connection that it does not keep', async () => {
    const seen: string[] = [];
    const url = await answering((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.connection}`);
      response.end('ok');
    });
    await probe(url, never);
    expect(seen).toEqual(['GET /health close']);
  });

  it('does not wait for the end of an answer, and ends one that has none in time', async () => {
    let closed = new Promise(() => {});
    const url = await answering((request, response) => {
      closed = new Promise((resolve) => request.socket.once('close', resolve));
      response.writeHead(200).write('begin');
    });
    expect(await probe(url, never)).toEqual({ statusCode: 200 });
    await closed;
  });

  it('says that nobody listens', async () => {
    const url = await answering((_request, response) => response.end());
    const [server] = servers.splice(0);
    await new Promise((resolve) => server?.close(resolve));
    expect(await probe(url, never)).toEqual({ failure: 'ECONNREFUSED' });
  });

  it('says that the connection broke', async () => {
    const url = await listening(createTcpServer((socket) => socket.destroy()));
    expect(await probe(url, never)).toEqual({ failure: 'ECONNRESET' });
  });

  it('says that what answers is no HTTP', async () => {
    const url = await listening(
      createTcpServer((socket) => socket.resume().end('no HTTP\r\n\r\n')),
    );
    expect(await probe(url, never)).toEqual({ failure: expect.stringMatching(/^HPE_/) });
  });

  it('says that no answer came in time', async () => {
    const url = await listening(createTcpServer((socket) => socket.on('error', () => {}).resume()));
    expect(await probe(url, never)).toEqual({ failure: 'no answer in time' });
  });

  it('ends with the operator', async () => {
    const stop = new AbortController();
    const url = await listening(
      createTcpServer((socket) => {
        socket.on('error', () => {}).resume();
        stop.abort();
      }),
    );
    expect(await probe(url, stop.signal)).toEqual({ failure: 'no answer in time' });
  });
});
