// A page of a table that Postgres finds damaged: what lies in it is told as such, and who reads or
// writes something else at the same time does not pay for it.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { server } from './support/own-postgres.ts';
import { asked, freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { put, valueAt } from './support/store-calls.ts';

const NAMES = Array.from({ length: 60 }, (_, at) => `key ${at}`);
/** Some of them fill a page. */
const value = (name: string, version = 1): Buffer => Buffer.alloc(1_000, `${name} ${version}`);

/** A store of many pages, the first of which is not one any more; and how many entries it held. */
async function damagedStore() {
  const url = await freshDatabase(server);
  // a table this small would be read as a whole
  await asked(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET enable_seqscan = off`);
  const keyFile = sealingKeyFile();
  const store = await openReplica(url, keyFile);
  await Promise.all(NAMES.map((name) => put(store, 0, name, value(name))));
  await store.close();
  const { rows } = await asked(
    url,
    `SELECT count(*)::int AS lost, pg_relation_filepath('entries') AS path FROM entries
     WHERE (ctid::text::point)[0] = 0`,
  );
  await asked(url, 'CHECKPOINT');
  await server.kill();
  const file = openSync(join(server.folder ?? '', 'data', rows[0].path), 'r+');
  writeSync(file, Buffer.alloc(24, 0xff), 0, 24, 0);
  closeSync(file);
  await server.start();
  return { store: await openReplica(url, keyFile), lost: Number(rows[0].lost) };
}

const unreadable = { status: 'rejected', reason: { code: 'DKV_ENTRY_UNREADABLE' } };

testWithOwnPostgres('what is damaged is told to those alone who ask for it', async () => {
  const { store, lost } = await damagedStore();
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThan(NAMES.length / 2);
  const read = await Promise.allSettled(NAMES.map((name) => valueAt(store, 0, name)));
  const written = await Promise.allSettled(
    NAMES.map((name) => put(store, 0, name, value(name, 2))),
  );
  for (const [at, name] of NAMES.entries()) {
    if (read[at]?.status === 'fulfilled') {
      expect(read[at]).toMatchObject({ value: value(name) });
      expect(written[at]).toMatchObject({ value: { stored: true } });
      expect(await valueAt(store, 0, name)).toEqual(value(name, 2));
    } else {
      for (const end of [read[at], written[at]]) expect(end).toMatchObject(unreadable);
    }
  }
  expect(read.filter(({ status }) => status === 'rejected')).toHaveLength(lost);
});
