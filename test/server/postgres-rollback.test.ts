// Commits that Postgres does not make: it answers ROLLBACK, or refuses at the very end. What was
// not committed is not acknowledged, and nothing of it is there.
import { expect } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { steppedRotation } from './support/postgres-rotation.ts';
import { openReplica, sealingKeyFile, sealingKeyLine } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, valueAt } from './support/store-calls.ts';

const value = Buffer.from('value');
const [OLD, NEW] = [sealingKeyLine(), sealingKeyLine()];

/**
 * Aborts the transaction with an error that does not say that the statement was refused, so all
 * that tells of it is the answer to COMMIT.
 */
const abortOn = (change: string): string => `
  CREATE FUNCTION abort() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'no longer yours' USING ERRCODE = '25006'; END $$;
  CREATE TRIGGER abort AFTER ${change} FOR EACH ROW EXECUTE FUNCTION abort()`;

/** Refuses the commit itself, when all statements have been made. */
const REFUSE_AT_COMMIT = `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'not at the end either' USING ERRCODE = '23514'; END $$;
  CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON store DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse()`;

async function filledStore() {
  const url = await freshDatabase(server);
  const store = await openReplica(url, sealingKeyFile(OLD, NEW));
  await put(store, 0, 'k', value);
  return { url, store };
}

/** Of writes of all kinds that come together none is acknowledged, and none is there. */
async function expectNothingWritten(store: Store): Promise<void> {
  const before = await store.state();
  const writes = await Promise.allSettled([
    put(store, 0, 'k', Buffer.from('other')),
    put(store, 0, 'new', value),
    store.write([{ op: 'add', database: 0, key: 'n', delta: 1n }]),
    store.write([{ op: 'remove', database: 0, key: 'k' }]),
  ]);
  for (const write of writes) {
    expect(write).toMatchObject({ status: 'rejected', reason: { code: 'DKV_WRITE_UNCERTAIN' } });
  }
  expect(await store.state()).toEqual(before);
  expect(await valueAt(store, 0, 'k')).toEqual(value);
  expect(await store.get(0, 'new')).toBeUndefined();
}

testWithPostgres.each([
  ['that is answered with ROLLBACK', abortOn('UPDATE ON store'), 'abort'],
  ['that is refused', REFUSE_AT_COMMIT, 'refuse'],
])('a commit %s is not acknowledged, and the next one is', async (_, sql, name) => {
  const { url, store } = await filledStore();
  await asked(url, sql);
  await expectNothingWritten(store);
  await asked(url, `DROP TRIGGER ${name} ON store`);
  expect(await put(store, 0, 'k', Buffer.from('other'))).toEqual({ stored: true, revision: 2 });
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('other'));
});

testWithPostgres('a step of a rotation that is not committed is made again', async () => {
  const { url, store } = await filledStore();
  const deferred = REFUSE_AT_COMMIT.replace('ON store', 'ON entries');
  const { rotation, finish } = await steppedRotation(url, store, `${NEW}${OLD}`);
  await rotation.next();
  await asked(url, deferred);
  await expect(rotation.next()).rejects.toThrow('not at the end either');
  expect(rotation.progress([])).toMatchObject({ seen: 0 });
  await asked(url, 'DROP TRIGGER refuse ON entries');
  expect(await finish()).toBe('over');
  expect(await valueAt(store, 0, 'k')).toEqual(value);
});
