// The operator's HTTP servers over real loopback connections: what each path answers, and how
// they end.
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type HealthRoutes,
  type HealthServer,
  healthz,
  metricsPage,
  readyz,
  startHealthServer,
} from '../../../operator/health.ts';
import type { WatchState } from '../../../operator/watch/watch-state.ts';

const servers: HealthServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** Starts a server and gives a function that asks it. */
async function serve(routes: HealthRoutes) {
  const server = await startHealthServer(routes, 0, '127.0.0.1');
  servers.push(server);
  return async (path: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    const contentType = answer.headers.get('content-type');
    return { statusCode: answer.status, contentType, body: await answer.text() };
  };
}

const fine: WatchState = { kind: 'DumbKV', synced: true, lastContactTimeMs: 0, failures: 0 };

describe('readiness', () => {
  it('is given when every watch is fine', () => {
    expect(readyz([fine, fine], 1000).statusCode).toBe(200);
  });

  it('is not given while no watch is begun', () => {
    expect(readyz([], 0)).toMatchObject({
      statusCode: 503,
      body: expect.stringContaining('no watch'),
    });
  });

  it('is not given while one is not, and the answer says which and why', () => {
    const lastError = { message: '403 Forbidden', statusCode: 403, atMs: 1 };
    const unlisted = { ...fine, kind: 'Ingress', synced: false, lastError };
    const silent = { ...fine, kind: 'Pod', lastContactTimeMs: -300_000 };
    const { statusCode, body } = readyz([fine, unlisted, silent], 1000);
    expect(statusCode).toBe(503);
    expect(body).toBe(
      'not ready\nIngress: not listed yet; last error: 403 Forbidden\n' +
        'Pod: no word from the API server for 301 s\n',
    );
  });
});

describe('a server', () => {
  it('answers each of its paths, with or without a query', async () => {
    const ask = await serve({
      '/healthz': healthz,
      '/readyz': () => readyz([fine], 1000),
      '/metrics': () => metricsPage(async () => ({ contentType: 'text/x', body: 'up 1\n' })),
    });
    expect(await ask('/healthz')).toMatchObject({ statusCode: 200, body: 'ok\n' });
    expect(await ask('/readyz?verbose=1')).toMatchObject({ statusCode: 200 });
    expect(await ask('/metrics')).toEqual({
      statusCode: 200,
      contentType: 'text/x',
      body: 'up 1\n',
    });
  });

  it('answers HEAD without a body, and refuses other methods and paths', async () => {
    const ask = await serve({ '/healthz': healthz });
    expect(await ask('/healthz', 'HEAD')).toMatchObject({ statusCode: 200, body: '' });
    expect((await ask('/healthz', 'POST')).statusCode).toBe(405);
    for (const path of ['/', '/other', '/healthz/', '/constructor', '/__proto__']) {
      expect((await ask(path)).statusCode, path).toBe(404);
    }
  });

  it('answers 500 when a page cannot be made, and tells nothing of the inside', async () => {
    const ask = await serve({
      '/metrics': () => Promise.reject(new Error('secret of the inside')),
      '/other': () => {
        throw new Error('secret of the inside');
      },
    });
    for (const path of ['/metrics', '/other']) {
      const { statusCode, body } = await ask(path);
      expect(statusCode).toBe(500);
      expect(body).not.toContain('secret');
    }
  });

  it('says so when its port is taken', async () => {
    const ask = await serve({ '/healthz': healthz });
    expect((await ask('/healthz')).statusCode).toBe(200);
    const port = servers[0]?.port ?? 0;
    await expect(startHealthServer({}, port, '127.0.0.1')).rejects.toThrow(
      `cannot listen on port ${port}: the port is taken`,
    );
  });

  it('says so when it cannot listen for another reason', async () => {
    await expect(startHealthServer({}, 0, '192.0.2.1')).rejects.toThrow('cannot listen on port 0');
  });
});

describe('closing', () => {
  it('lets an answer that is being made go out', async () => {
    let finish = () => {};
    const made = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const ask = await serve({
      '/slow': async () => {
        isAsked();
        await made;
        return healthz();
      },
    });
    const answer = ask('/slow');
    await asked;
    const closed = servers[0]?.close();
    finish();
    expect((await answer).statusCode).toBe(200);
    await closed;
  });

  it('does not wait for a client that says nothing', async () => {
    const server = await startHealthServer({ '/healthz': healthz }, 0, '127.0.0.1');
    const idle = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const gone = new Promise((resolve) => idle.once('close', resolve));
    await server.close();
    await gone;
  });
});
