// A session that does not keep what it was set up with, as behind a pooler that hands connections
// on: nothing is written on it.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { parseSealingKeyFile } from '../../server/sealing/key-file.ts';
import { KeyRing } from '../../server/sealing/key-ring.ts';
import { Sealer } from '../../server/sealing/sealer.ts';
import type { Batch } from '../../server/store/change.ts';
import { storeIdBytes } from '../../server/store/identity.ts';
import { ReplicaKeys } from '../../server/store/postgres/keys.ts';
import { databaseUrlOf } from '../../server/store/postgres/location.ts';
import { versionOf } from '../../server/store/postgres/schema.ts';
import { statement } from '../../server/store/postgres/statements.ts';
import { PostgresWriter } from '../../server/store/postgres/writer.ts';
import { silentLog } from './support/captured-log.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';

/** A writer whose session the test can ask, beside a store that made the tables. */
async function openWriter() {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const store = await openReplica(url, keyFile);
  const { storeId, incarnation, schemaVersion } = store.info();
  const identity = { storeId, incarnation, schemaVersion, oldestReaderVersion: schemaVersion };
  const id = storeIdBytes(storeId);
  const ring = new KeyRing(id, parseSealingKeyFile(readFileSync(keyFile, 'utf8')));
  const { rows } = await asked(
    url,
    'SELECT id::int, purpose, kek_id AS "kekId", wrapped FROM sealing_keys',
  );
  ring.load(rows);
  const keys = new ReplicaKeys(ring, { read: async () => [] });
  const parts = { identity, sealer: new Sealer(id, ring), keys, log: silentLog };
  const writer = new PostgresWriter(databaseUrlOf(url), {
    ...parts,
    schemaVersion: versionOf([]),
    connected: () => {},
  });
  return { store, writer };
}

const batch: Batch = [{ op: 'add', database: 0, key: 'n', delta: 1n }];

/** Sets it in the session that writes, and tells which process of Postgres that is. */
const sessionAfter = (writer: PostgresWriter, mode: string): Promise<unknown> =>
  writer.transact(async (ask) => {
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

testWithPostgres('remote_apply promises more, and is taken', async () => {
  const { writer } = await openWriter();
  const before = await sessionAfter(writer, 'remote_apply');
  expect(await writer.commit([batch])).toMatchObject([{ results: [{ counter: 1n }] }]);
  expect(await sessionAfter(writer, 'remote_apply')).toEqual(before);
  await writer.close();
});
