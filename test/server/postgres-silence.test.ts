// A Postgres that falls silent, with its connections left as they were, as when its machine is gone
// or the way there is cut: who waits for it tries others, and is not held up for long.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { capturedLog } from './support/captured-log.ts';
import { freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, valueAt } from './support/store-calls.ts';

interface Way {
  readonly url: string;
  /** Lets nothing through any more on the connections that there are. */
  silence(): void;
}

/** A way to the database; it falls silent by itself the first time that somebody says `word`. */
async function wayTo(url: string, word: string): Promise<Way> {
  const { hostname, port } = new URL(url);
  const ways = new Set<{ near: Socket; far: Socket; isSilent: boolean }>();
  const silence = () => {
    for (const way of ways) way.isSilent = true;
  };
  let wasSaid = false;
  const listener = createServer((near) => {
    const far = connect(Number(port), hostname);
    const way = { near, far, isSilent: false };
    ways.add(way);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('data', (bytes: Buffer) => {
      if (!wasSaid && bytes.includes(word)) silence();
      wasSaid ||= way.isSilent;
      if (!way.isSilent) far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => way.isSilent || near.write(bytes));
    near.on('close', () => far.destroy());
    far.on('close', () => way.isSilent || near.destroy());
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const { near } of ways) near.destroy();
    listener.close();
  });
  const address = listener.address();
  const own = typeof address === 'object' ? address?.port : undefined;
  const through = Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) });
  return { url: through.href, silence };
}

testWithPostgres('a start that hears nothing any more begins anew', async () => {
  const { url } = await wayTo(await freshDatabase(server), 'pg_advisory_xact_lock');
  const { log, lines } = capturedLog();
  const store = await openReplica(url, sealingKeyFile(), { log });
  const line = lines().find(({ msg }) => msg === 'waiting for the database');
  expect(line).toMatchObject({ reason: 'Query read timeout' });
  expect(await put(store, 0, 'k', Buffer.from('v'))).toMatchObject({ stored: true });
});

testWithPostgres('a read that hears nothing is the only one', async () => {
  const { url, silence } = await wayTo(await freshDatabase(server), 'what nobody says');
  const store = await openReplica(url, sealingKeyFile(), { poolMax: 6, poolIdle: 4 });
  await put(store, 0, 'k', Buffer.from('v'));
  await Promise.all(Array.from({ length: 20 }, () => store.state()));
  silence();
  await expect(store.get(0, 'k')).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
});
