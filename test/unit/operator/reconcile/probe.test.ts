// The GET itself, against real servers on the loopback interface: the server's own word is told
// from what others say, and whatever fails is an answer, never an exception.
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isOwnCluster, probe } from '../../../../operator/reconcile/probe.ts';

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
const saying = (statusCode: number, body: string, type = 'application/json') =>
  answering((_request, response) =>
    response.writeHead(statusCode, { 'content-type': type }).end(body),
  );
const HEALTHY = '{"status":"healthy"}';
const PROBLEM = 'application/problem+json; charset=utf-8';

describe('the word of the server', () => {
  it('is that it is healthy', async () => {
    expect(await probe(await saying(200, HEALTHY), never)).toMatchObject({ outcome: 'healthy' });
  });

  it.each([401, 403, 500, 502, 503])('is a problem with a code of its own, %i', async (status) => {
    const body = JSON.stringify({ status, code: 'DKV_STORE_FAILED' });
    expect(await probe(await saying(status, body, PROBLEM), never)).toEqual({
      ...{ outcome: 'unhealthy', detail: `${status} DKV_STORE_FAILED` },
    });
  });

  it('is asked for by its path, once, on a connection that is not kept', async () => {
    const seen: string[] = [];
    const url = await answering((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.connection}`);
      response.end(HEALTHY);
    });
    await probe(url, never);
    expect(seen).toEqual(['GET /health close']);
  });

  it('is found by the name, as a client finds it', async () => {
    const url = (await saying(200, HEALTHY)).replace('127.0.0.1', 'localhost');
    expect(await probe(url, never)).toMatchObject({ outcome: 'healthy' });
  });
});

describe('what something in between says', () => {
  it.each<[string, number, string, string]>([
    ['a mesh that forbids it', 403, 'RBAC: access denied', 'text/plain'],
    ['a proxy that wants a login', 401, '{"status":401}', 'application/json'],
    ['a proxy without an upstream', 502, '<html>Bad Gateway</html>', 'text/html'],
    ['a mesh without an upstream', 503, 'no healthy upstream', 'text/plain'],
    ['a problem of somebody else', 503, '{"code":"overloaded"}', PROBLEM],
    ['a code of ours in no problem', 503, '{"code":"DKV_X"}', 'application/json'],
    ['a login page', 200, '<html>Log in</html>', 'text/html'],
    ['another health', 200, '{"status":"ok"}', 'application/json'],
    ['nothing', 204, '', 'text/plain'],
    ['null', 200, 'null', 'application/json'],
    ['a redirect', 302, HEALTHY, 'application/json'],
  ])('is not the word of the server: %s', async (_case, status, body, type) => {
    expect(await probe(await saying(status, body, type), never)).toEqual({
      ...{ outcome: 'intercepted', detail: `status ${status}` },
    });
  });

  it('may be without end, and is read no further than it can be ours', async () => {
    let closed = new Promise(() => {});
    const url = await answering((request, response) => {
      closed = new Promise((resolve) => request.socket.once('close', resolve));
      response.on('error', () => {}).writeHead(200);
      const more = () => response.writable && response.write('x'.repeat(1000), () => more());
      more();
    });
    expect(await probe(url, never)).toMatchObject({ outcome: 'intercepted' });
    await closed;
  });

  it('may be a broken connection', async () => {
    const url = await listening(createTcpServer((socket) => socket.destroy()));
    expect(await probe(url, never)).toEqual({ outcome: 'intercepted', detail: 'ECONNRESET' });
  });

  it('may be no HTTP', async () => {
    const url = await listening(
      createTcpServer((socket) => socket.resume().end('no HTTP\r\n\r\n')),
    );
    expect(await probe(url, never)).toEqual({
      ...{ outcome: 'intercepted', detail: expect.stringMatching(/^HPE_/) },
    });
  });
});

describe('no answer', () => {
  it('is refused where nobody listens', async () => {
    const url = await saying(200, HEALTHY);
    const [server] = servers.splice(0);
    await new Promise((resolve) => server?.close(resolve));
    expect(await probe(url, never)).toEqual({ outcome: 'refused', detail: 'ECONNREFUSED' });
  });

  it.each([
    ['is refused where there is no such name', 'ENOTFOUND', 'refused'],
    ['is silence where the resolver does not answer', 'EAI_AGAIN', 'silent'],
  ])('%s', async (_sentence, code, outcome) => {
    const lookUp = async () => Promise.reject(Object.assign(new Error('no'), { code }));
    expect(await probe('http://orders.shop.svc/health', never, lookUp)).toEqual({
      ...{ outcome, detail: `the name cannot be resolved (${code})` },
    });
  });

  it('asks the resolver of this machine', async () => {
    const { outcome, detail } = await probe('http://orders.shop.invalid/health', never);
    expect(['refused', 'silent']).toContain(outcome);
    expect(detail).toMatch(/^the name cannot be resolved \(E/);
  });

  it('is silence where the name is being looked up when the operator ends', async () => {
    const stop = new AbortController();
    const lookUp = () => {
      stop.abort();
      return new Promise<never>(() => {});
    };
    expect(await probe('http://orders.shop.svc/health', stop.signal, lookUp)).toEqual({
      ...{ outcome: 'silent', detail: 'the name cannot be resolved (no answer in time)' },
    });
  });

  const SILENT = { outcome: 'silent', detail: 'no answer in time' };

  it('is silence where none comes in time', async () => {
    const url = await listening(createTcpServer((socket) => socket.on('error', () => {}).resume()));
    expect(await probe(url, never)).toEqual(SILENT);
  });

  it('is silence where one begins and does not end', async () => {
    const url = await answering((_request, response) => response.writeHead(200).write('{'));
    expect(await probe(url, never)).toEqual(SILENT);
  });

  it('ends with the operator', async () => {
    const stop = new AbortController();
    const url = await listening(
      createTcpServer((socket) => {
        socket.on('error', () => {}).resume();
        stop.abort();
      }),
    );
    expect(await probe(url, stop.signal)).toEqual(SILENT);
  });
});

describe('an operator is in the cluster that it looks after', () => {
  it.each([
    ['https://10.96.0.1:443', '10.96.0.1', true],
    ['https://[fd00::1]:443', 'fd00::1', true],
    ['https://10.96.0.1:443', '', false],
    ['https://cluster.example:6443', '10.96.0.1', false],
  ])('by the address of its API server: %s and %s', (serverUrl, serviceHost, isInside) => {
    expect(isOwnCluster(serverUrl, serviceHost)).toBe(isInside);
  });
});
