// The server as users start it, on Postgres: requests, metrics, a database that goes away and comes
// back, and no secret in any log.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { server } from './support/own-postgres.ts';
import { freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { sealingKeyFile } from './support/postgres-store.ts';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

async function settingsOf() {
  const url = await freshDatabase(server);
  const file = join(tempFolder(), 'url');
  writeFileSync(file, url);
  const settings = {
    DATABASE_TYPE: 'postgres',
    DATABASE_LOCATION_FILE: file,
    SEALING_KEY_FILE: sealingKeyFile(),
  };
  return { settings, password: new URL(url).password };
}

const textAt = async (process: ServerProcess, path: string): Promise<string> =>
  (await fetch(`${await process.url()}${path}`)).text();

const statusAt = async (process: ServerProcess, path: string): Promise<number> =>
  (await fetch(`${await process.url()}${path}`)).status;

testWithOwnPostgres(
  'what one server takes another gives, and the next start still has it',
  async () => {
    const { settings } = await settingsOf();
    const [a, b] = [startServer(tempFolder(), settings), startServer(tempFolder(), settings)];
    expect((await a.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
    expect(await (await b.kv('POST', { key: 'k' })).json()).toEqual({ value: 'v' });
    expect((await b.kv('DELETE', { key: 'k' })).status).toBe(200);
    expect((await a.kv('POST', { key: 'k' })).status).toBe(404);
    expect((await b.kv('PUT', { key: 'kept', value: 'v' })).status).toBe(200);
    expect(await Promise.all([a.end('SIGTERM'), b.end('SIGTERM')])).toEqual([0, 0]);
    const again = startServer(tempFolder(), settings);
    expect(await (await again.kv('POST', { key: 'kept' })).json()).toEqual({ value: 'v' });
  },
);

testWithOwnPostgres('metrics name the engine and count its connections', async () => {
  const { settings } = await settingsOf();
  const process = startServer(tempFolder(), { ...settings, DATABASE_POOL_MAX: '7' });
  await process.kv('PUT', { key: 'k', value: 'v' });
  const metrics = await textAt(process, '/metrics');
  expect(metrics).toMatch(/dumbkv_store_info\{engine="postgres",journal_mode="server"/);
  expect(metrics).toContain('dumbkv_db_connections_max 7');
  expect(Number(/dumbkv_db_connections_open (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(1);
  expect(metrics).toContain('dumbkv_store_keys 1');
});

testWithOwnPostgres(
  'a database that goes is told as such, and the server waits for it',
  async () => {
    const { settings, password } = await settingsOf();
    const process = startServer(tempFolder(), settings);
    await process.kv('PUT', { key: 'k', value: 'kept-value' });
    expect(await statusAt(process, '/health/ready')).toBe(200);
    await server.kill();
    for (const method of ['PUT', 'POST', 'DELETE'] as const) {
      const body = method === 'PUT' ? { key: 'k', value: 'lost-value' } : { key: 'k' };
      const reply = await process.kv(method, body);
      expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await reply.json()).toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
    }
    expect(await statusAt(process, '/health/ready')).toBe(503);
    expect(await statusAt(process, '/health/live')).toBe(200);
    expect(await statusAt(process, '/metrics')).toBe(200);
    await server.start();
    const isReady = async () => (await statusAt(process, '/health/ready')) === 200;
    await waitFor('the server to be ready again', isReady);
    expect(await (await process.kv('POST', { key: 'k' })).json()).toEqual({ value: 'kept-value' });
    expect(await process.end('SIGTERM')).toBe(0);
    const log = JSON.stringify(process.lines());
    for (const secret of [password, 'kept-value', 'lost-value']) expect(log).not.toContain(secret);
  },
);

testWithOwnPostgres('a server ends in good order while its database is away', async () => {
  const { settings } = await settingsOf();
  const process = startServer(tempFolder(), settings);
  await process.kv('PUT', { key: 'k', value: 'v' });
  await server.kill();
  await process.kv('PUT', { key: 'k', value: 'v' });
  expect(await process.end('SIGTERM')).toBe(0);
  await server.start();
});

testWithOwnPostgres('a start waits for its database, and ends when it is told to', async () => {
  const { settings } = await settingsOf();
  await server.kill();
  const [patient, stopped] = [1, 2].map(() => startServer(tempFolder(), settings));
  const waits = (process: ServerProcess | undefined) =>
    waitFor('the start to wait', () =>
      process?.lines().some(({ msg }) => msg === 'waiting for the database'),
    );
  await Promise.all([waits(patient), waits(stopped)]);
  expect(await stopped?.end('SIGTERM')).toBe(0);
  await server.start();
  expect((await patient?.kv('PUT', { key: 'k', value: 'v' }))?.status).toBe(200);
});

testWithOwnPostgres('settings that do not fit end the start with a sentence', async () => {
  const process = startServer(tempFolder(), {
    DATABASE_TYPE: 'postgres',
    DATABASE_LOCATION: 'mysql://user:a-secret@db.example/orders',
  });
  expect(await process.exit()).toBe(1);
  expect(process.fatalLine()).toMatchObject({
    code: 'DKV_CONFIG_INVALID',
    msg:
      'Settings are wrong: DATABASE_LOCATION must begin with postgres:// with ' +
      'DATABASE_TYPE=postgres; SEALING_KEY_FILE must be set with DATABASE_TYPE=postgres.',
  });
  expect(JSON.stringify(process.lines())).not.toContain('a-secret');
});
