// A newer release raises the store while older ones serve it: those that know too little neither
// write nor read any more, whatever connections they have, and say why.
import { expect } from 'vitest';
import { limits } from '../../server/limits.ts';
import type { Store } from '../../server/store/store.ts';
import { capturedLog } from './support/captured-log.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const value = Buffer.from('value');
const tooOld = { code: 'DKV_RELEASE_TOO_OLD', status: 503, headers: { 'retry-after': '1' } };

/** A server of this release with all its connections, and one of a later release beside it. */
async function raisedStore(oldestReaderVersion: number, log = capturedLog().log) {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const old = await openReplica(url, keyFile, { log });
  await put(old, 0, 'k', value);
  await Promise.all(Array.from({ length: 20 }, () => old.state()));
  const sql = 'ALTER TABLE store ADD COLUMN third integer DEFAULT 3';
  const migrations = [{ to: 3, oldestReaderVersion, sql }];
  return { url, old, raised: await openReplica(url, keyFile, { migrations }) };
}

const reads = (store: Store): (() => Promise<unknown>)[] => [
  () => store.get(0, 'k'),
  () => store.scan({ database: 0, limit: 1, withValues: false }),
  () => store.changes({ database: 0, afterRevision: 0, limit: 1, withValues: false }),
  () => store.state(),
  () => store.ping(),
];

/** All is refused now, and it is not that the store would be away. */
async function expectRefused(store: Store): Promise<void> {
  for (const read of reads(store)) await expect(read()).rejects.toMatchObject(tooOld);
  await expect(put(store, 0, 'k', Buffer.from('other'))).rejects.toMatchObject(tooOld);
}

testWithPostgres('a write that meets it is refused, and from then on every read', async () => {
  const { old, raised } = await raisedStore(3);
  await expect(put(old, 0, 'k', Buffer.from('other'))).rejects.toMatchObject({
    ...tooOld,
    cause: expect.objectContaining({ message: expect.stringContaining('run the newer release') }),
  });
  await expectRefused(old);
  expect(await valueAt(raised, 0, 'k')).toEqual(value);
});

testWithPostgres.each([
  ['the state', (store: Store) => store.state()],
  ['changes', (store: Store) => reads(store)[2]?.()],
])('%s is not given any more, and from then on nothing', async (_, read) => {
  const { old } = await raisedStore(3);
  await expect(read(old)).rejects.toMatchObject(tooOld);
  await expectRefused(old);
});

testWithPostgres('whoever connects anew is refused', async () => {
  const { url, old } = await raisedStore(3);
  await asked(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'dumbkv'`,
  );
  await expectRefused(old);
});

testWithPostgres(
  'what it does by itself writes nothing either',
  async () => {
    const { log, lines } = capturedLog();
    const { url, old } = await raisedStore(3, log);
    await asked(url, 'UPDATE entries SET expires_at = 1');
    const says = 'the sweep has failed; it will be tried again';
    const line = await waitFor(
      'the sweep to try',
      () => lines().find(({ msg }) => msg === says),
      5 * limits.databaseSweepMs,
    );
    expect(line.reason).toContain('a newer release has raised the store');
    await expectRefused(old);
  },
  6 * limits.databaseSweepMs,
);

testWithPostgres('a release that may still read goes on', async () => {
  const { old, raised } = await raisedStore(2);
  expect((await put(old, 0, 'k', Buffer.from('other'))).stored).toBe(true);
  for (const read of reads(old)) await read();
  expect(await old.state()).toEqual(await raised.state());
  expect(await valueAt(raised, 0, 'k')).toEqual(Buffer.from('other'));
});
