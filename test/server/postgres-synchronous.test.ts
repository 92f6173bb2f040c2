// A session that does not keep what it was set up with, as behind a pooler that hands connections
// on: nothing is written on it.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { limits } from '../../server/limits.ts';
import type { Batch } from '../../server/store/change.ts';
import { checkedLock } from '../../server/store/postgres/own-transaction.ts';
import { openSession, run, setUp } from '../../server/store/postgres/session.ts';
import { lockStore, statement } from '../../server/store/postgres/statements.ts';
import type { PostgresWriter } from '../../server/store/postgres/writer.ts';
import { freshDatabase, testWithPostgres } from './support/postgres.ts';
import { writerBeside } from './support/postgres-rotation.ts';
import { expectedThere, openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';

/** A writer whose session the test can ask, beside a store that made the tables. */
async function openWriter() {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const store = await openReplica(url, keyFile);
  const { writer } = await writerBeside(url, store, readFileSync(keyFile, 'utf8'));
  return { store, writer };
}

const batch: Batch = [{ op: 'add', database: 0, key: 'n', delta: 1n }];

/** Sets it in the session that writes, and tells which process of Postgres that is. */
const sessionAfter = (writer: PostgresWriter, mode: string): Promise<unknown> =>
  writer.transact(async ({ ask }) => {
    await ask(statement('other', `SET synchronous_commit = ${mode}`));
    return ask(statement('pid', 'SELECT pg_backend_pid() AS pid'));
  });

testWithPostgres.each(['off', 'local', 'remote_write'])(
  'a session that has come to synchronous_commit = %s is given up before it writes',
  async (mode) => {
    const { store, writer } = await openWriter();
    const before = await sessionAfter(writer, mode);
    expect(await writer.commit([batch])).toMatchObject([{ results: [{ counter: 1n }] }]);
    expect(await sessionAfter(writer, 'on')).not.toEqual(before);
    expect(await store.state()).toMatchObject({ keys: 1, revision: 1 });
    await writer.close();
  },
);

testWithPostgres('Postgres looks by itself whether a silent replica is still there', async () => {
  const { writer } = await openWriter();
  const settings = ['idle', 'interval', 'count'].map((one) => `'tcp_keepalives_${one}'`);
  const sql = `SELECT setting::int AS n FROM pg_settings WHERE name IN (${settings}) ORDER BY name`;
  const found = await writer.transact(({ ask }) => ask(statement<{ n: number }>('probes', sql)));
  const { databaseProbeSeconds: seconds, databaseProbesMax: count } = limits;
  expect(found.map(({ n }) => n)).toEqual([count, seconds, seconds]);
  await writer.close();
});

testWithPostgres('remote_apply promises more, and is taken', async () => {
  const { writer } = await openWriter();
  const before = await sessionAfter(writer, 'remote_apply');
  expect(await writer.commit([batch])).toMatchObject([{ results: [{ counter: 1n }] }]);
  expect(await sessionAfter(writer, 'remote_apply')).toEqual(before);
  await writer.close();
});

testWithPostgres('what another session has locked is not written to', async () => {
  const url = await freshDatabase(server);
  const store = await openReplica(url, sealingKeyFile());
  const expected = await expectedThere(url, store.info());
  const [one, other] = [await sessionAt(url), await sessionAt(url)];
  const [locked] = await run(other, lockStore());
  expect(checkedLock(locked, other, expected)).toBe(locked);
  expect(() => checkedLock(locked, one, expected)).toThrow('handed on another session');
  await Promise.all([one.end(), other.end()]);
});

const sessionAt = (url: string) => openSession(url, { timeoutMs: 5_000 }, setUp);
