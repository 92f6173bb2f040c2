// A Postgres that falls silent in the middle of a start, with its connection left as it was: the
// start tries another one instead of waiting for as long as a new schema may take.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { capturedLog } from './support/captured-log.ts';
import { freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put } from './support/store-calls.ts';

/** The URL of a way to the database on which the first connection falls silent at its lock. */
async function wayThatFallsSilent(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  let connections = 0;
  const sockets = new Set<Socket>();
  const way = createServer((near) => {
    connections += 1;
    const isFirst = connections === 1;
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}));
    let isSilent = false;
    near.on('data', (bytes: Buffer) => {
      isSilent ||= isFirst && bytes.includes('pg_advisory_xact_lock');
      if (!isSilent) far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => isSilent || near.write(bytes));
    near.on('close', () => far.destroy());
    far.on('close', () => isSilent || near.destroy());
  });
  await once(way.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    way.close();
  });
  const address = way.address();
  const own = typeof address === 'object' ? address?.port : undefined;
  return Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) }).href;
}

testWithPostgres('a start that hears nothing any more begins anew', async () => {
  const url = await wayThatFallsSilent(await freshDatabase(server));
  const { log, lines } = capturedLog();
  const store = await openReplica(url, sealingKeyFile(), { log });
  const line = lines().find(({ msg }) => msg === 'waiting for the database');
  expect(line).toMatchObject({ reason: 'Query read timeout' });
  expect(await put(store, 0, 'k', Buffer.from('v'))).toMatchObject({ stored: true });
});
