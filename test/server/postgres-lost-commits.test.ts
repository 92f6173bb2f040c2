// A failover that lost commits, as clients see it: the servers end, and what was told before of
// versions, positions and cursors fits to nothing that is written afterwards.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { server } from './support/own-postgres.ts';
import { freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { copyOf, promoteInPlace } from './support/postgres-copies.ts';
import { sealingKeyFile } from './support/postgres-store.ts';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

testWithOwnPostgres('a failover that lost commits ends both servers; no version fits', async () => {
  const url = await freshDatabase(server);
  const file = join(tempFolder(), 'url');
  writeFileSync(file, url);
  const settings = {
    DATABASE_TYPE: 'postgres',
    DATABASE_LOCATION_FILE: file,
    SEALING_KEY_FILE: sealingKeyFile(),
  };
  const start = () => startServer(tempFolder(), settings);
  const asks = async (process: ServerProcess, path: string, how: RequestInit = {}) =>
    fetch(`${await process.url()}/v1/databases/0/${path}`, how);
  const write = (process: ServerProcess, key: string, how: RequestInit = {}) =>
    asks(process, `keys/${key}`, { ...how, method: 'PUT', body: key });

  const servers = [start(), start()];
  const [a, b] = servers as [ServerProcess, ServerProcess];
  await write(a, 'kept');
  await write(b, 'kept too');
  const copy = await copyOf(server);
  await waitFor('a write', async () => (await write(a, 'lost')).status === 201);
  const tag = (await asks(b, 'keys/lost')).headers.get('etag') ?? '';
  expect(tag).toMatch(/-3"$/);
  const { position } = (await (await asks(a, 'changes')).json()) as { position: string };
  const { cursor } = (await (await asks(a, 'keys?limit=1')).json()) as { cursor: string };
  await promoteInPlace(server, copy);
  for (const process of servers) {
    await waitFor('the server to end', async () => {
      await asks(process, 'keys/kept').catch(() => {});
      return process.child.exitCode !== null;
    });
    expect(process.fatalLine()).toMatchObject({
      ...{ code: 'DKV_STORE_REPLACED', msg: expect.stringContaining('start the server again') },
    });
  }

  const next = start();
  const again = await write(next, 'other');
  expect([again.status, again.headers.get('etag')]).toEqual([201, expect.stringMatching(/-3"$/)]);
  expect((await write(next, 'other', { headers: { 'if-match': tag } })).status).toBe(412);
  const cached = await asks(next, 'keys/other', { headers: { 'if-none-match': tag } });
  expect([cached.status, await cached.text()]).toEqual([200, 'other']);
  for (const path of [`changes?since=${position}`, `keys?limit=1&cursor=${cursor}`]) {
    expect((await asks(next, path)).status).toBe(410);
  }
  const live = { headers: { accept: 'text/event-stream', 'last-event-id': position } };
  expect((await asks(next, 'changes', live)).status).toBe(410);
  expect((await asks(next, 'keys/lost')).status).toBe(404);
  expect(await next.end('SIGTERM')).toBe(0);
});
