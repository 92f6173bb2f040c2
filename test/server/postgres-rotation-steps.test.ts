// What may come between two steps of a rotation on Postgres, driven by the test: writes of replicas
// that know nothing of it, keys that change sides, servers that are behind, and damage.
// The rotation in running replicas is in `postgres-rotation.test.ts`.
import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { limits } from '../../server/limits.ts';
import type { Store } from '../../server/store/store.ts';
import { capturedLog } from './support/captured-log.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { dataKeys, idOf, madeUnder, steppedRotation } from './support/postgres-rotation.ts';
import { openReplica, sealingKeyFile, sealingKeyLine } from './support/postgres-store.ts';
import { fillStore, shownBy } from './support/rotated-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, remove } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const ENTRIES = 150;
const ERROR = 50;
const [OLD, NEW] = [sealingKeyLine(), sealingKeyLine()];

/** A filled store, whose replica still seals with the old key while others rotate. */
async function filledStore() {
  const url = await freshDatabase(server);
  const file = sealingKeyFile(OLD, NEW);
  const store = await openReplica(url, file);
  await fillStore(store, ENTRIES);
  return { url, file, store };
}

/** How many entries are sealed anew. */
const doneIn = async (url: string) => {
  const { rows } = await asked(
    url,
    `SELECT count(*) FILTER (WHERE made_under = '${idOf(NEW)}')::int AS done
     FROM entries JOIN sealing_keys k ON k.id = data_key_id`,
  );
  return rows[0].done;
};

/** What the store shows to who opens it with the new key as the first one. */
async function shownAnew(url: string) {
  const store = await openReplica(url, sealingKeyFile(NEW, OLD));
  const shown = await shownBy(store);
  await store.close();
  return shown;
}

async function putMany(store: Store, name: string, count: number): Promise<void> {
  const all = Array.from({ length: count }, (_, at) =>
    put(store, 0, `${name} ${at}`, Buffer.of(7)),
  );
  await Promise.all(all);
}

testWithPostgres('what a replica whose file is behind writes is kept, and done too', async () => {
  const { url, file, store } = await filledStore();
  const { rotation, finish } = await steppedRotation(url, store, `${NEW}${OLD}`);
  for (let round = 0; (await doneIn(url)) < ENTRIES / 2; round += 1) {
    await rotation.next();
    // behind the place of the walk and before it
    await putMany(store, `round ${round}`, 20);
  }
  const ends = [await finish(), await finish()];
  expect(await madeUnder(url)).toEqual([idOf(NEW)]);
  expect([...(await dataKeys(url)).values()]).toEqual([idOf(NEW)]);
  const shown = await shownBy(store);
  expect(shown).toMatchObject({ unreadable: 0, entries: { length: shown.state.keys } });
  // it had made another key under its own first one, which the first walk has left for later
  expect(ends).toEqual(['behind', 'over']);
  await putMany(store, 'after it', 5);
  expect(new Set(await madeUnder(url))).toEqual(new Set([idOf(NEW), idOf(OLD)]));
  writeFileSync(file, `${NEW}${OLD}`);
  await waitFor('the rest', async () => String(await madeUnder(url)) === idOf(NEW));
  expect(await shownAnew(url)).toEqual(await shownBy(store));
});

testWithPostgres('keys that change sides and back make a walk begin anew', async () => {
  const { url, store } = await filledStore();
  const { rotation, finish } = await steppedRotation(url, store, `${NEW}${OLD}`);
  while ((await doneIn(url)) < ENTRIES / 2) await rotation.next();
  // a replica starts that has not got the new file yet: the old data key may seal again
  await (await steppedRotation(url, store, `${OLD}${NEW}`)).steps(1);
  await putMany(store, 'under the old', 50);
  await (await steppedRotation(url, store, `${NEW}${OLD}`)).steps(1);
  expect(await finish()).toBe('over');
  expect(await madeUnder(url)).toEqual([idOf(NEW)]);
  const shown = await shownAnew(url);
  expect(shown).toMatchObject({ unreadable: 0, entries: { length: shown.state.keys } });
  expect(await shownBy(store)).toEqual(shown);
});

testWithPostgres('as long as the keys are on the other side, nothing is done', async () => {
  const { url, store } = await filledStore();
  const ahead = await steppedRotation(url, store, `${NEW}${OLD}`);
  await ahead.steps(3);
  const behind = await steppedRotation(url, store, `${OLD}${NEW}`);
  await behind.steps(1);
  expect(await ahead.finish()).toBe('over');
  expect(await ahead.finish()).toBe('over');
  expect(new Set(await madeUnder(url))).toEqual(new Set([idOf(NEW), idOf(OLD)]));
  expect(await behind.finish()).toBe('over');
  expect(await madeUnder(url)).toEqual([idOf(OLD)]);
});

testWithPostgres('what is replaced, removed or added between look and step stays so', async () => {
  const { url, store } = await filledStore();
  const revisions = new Map<string, number>();
  let turn = 0;
  const before = async () => {
    turn += 1;
    for (const at of [turn, turn + 40, turn + 80].map((n) => 2 * (n % (ENTRIES / 2)))) {
      const result = await put(store, 0, `key ${at}`, Buffer.from(`turn ${turn}`));
      if (result.stored) revisions.set(`key ${at}`, result.revision);
    }
    const gone = `key ${2 * ((turn * 3) % (ENTRIES / 2))}`;
    await remove(store, 0, gone);
    revisions.delete(gone);
  };
  const { finish } = await steppedRotation(url, store, `${NEW}${OLD}`, { before });
  await finish();
  for (const [key, revision] of revisions) {
    expect(await store.get(0, key), key).toMatchObject({ revision });
  }
  const shown = await shownBy(store);
  expect(shown).toMatchObject({ unreadable: 0, entries: { length: shown.state.keys } });
  expect(shown.state.removals).toBe(shown.events.filter(({ kind }) => kind === 'remove').length);
});

testWithPostgres('what is sealed with a key that is not known yet is no damage', async () => {
  const { url, store } = await filledStore();
  const [first] = (await dataKeys(url)).keys();
  let turn = 0;
  // between the first look and its step
  const before = async () => {
    turn += 1;
    if (turn === 4) await putMany(store, 'key', ENTRIES);
  };
  const { rotation, finish } = await steppedRotation(url, store, `${NEW}${OLD}`, { before });
  await finish();
  expect(rotation.progress([])).toMatchObject({ damaged: 0 });
  expect([...(await dataKeys(url)).keys()]).not.toContain(first);
  expect(await shownBy(store)).toMatchObject({ unreadable: 0 });
});

testWithPostgres('after a change to a server that is behind, nothing seen is trusted', async () => {
  const { url, store } = await filledStore();
  const before = await shownBy(store);
  await asked(url, 'CREATE TABLE behind AS SELECT * FROM entries');
  const { rotation, finish } = await steppedRotation(url, store, `${NEW}${OLD}`);
  while ((await doneIn(url)) < ENTRIES / 2) await rotation.next();
  await asked(
    url,
    `TRUNCATE entries; INSERT INTO entries SELECT * FROM behind;
     SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'dumbkv'`,
  );
  // the step that meets the end of the connection may fail
  await rotation.next().catch(() => {});
  expect(await finish()).toBe('over');
  expect(await madeUnder(url)).toEqual([idOf(NEW)]);
  expect(await shownAnew(url)).toEqual(before);
});

testWithPostgres('one replica at a time rotates, in steps that keep their bound', async () => {
  const { url, store } = await filledStore();
  const [one, other] = [
    await steppedRotation(url, store, `${NEW}${OLD}`),
    await steppedRotation(url, store, `${NEW}${OLD}`),
  ];
  let done = 0;
  while ((await one.rotation.next()) === 'more') {
    const now = await doneIn(url);
    expect(now - done).toBeLessThanOrEqual(limits.rotationRowsMax);
    if (now > done && now < ENTRIES) expect(await other.rotation.next()).toBe('busy');
    done = now;
  }
  expect(done).toBe(ENTRIES);
  expect(await other.rotation.next()).toBe('over');
});

testWithPostgres('where nothing is to be rotated, nothing is written', async () => {
  const { url, store } = await filledStore();
  const sealed = 'SELECT database, lookup, xmin FROM entries ORDER BY 1, 2';
  const before = (await asked(url, sealed)).rows;
  const { rotation } = await steppedRotation(url, store, OLD);
  expect(await rotation.next()).toBe('over');
  expect((await asked(url, sealed)).rows).toEqual(before);
});

/** Has Postgres say that it cannot read one entry when it is to be changed. */
const UNREADABLE = `
  CREATE FUNCTION unreadable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'invalid page' USING ERRCODE = 'XX001'; END $$;
  CREATE TRIGGER unreadable BEFORE UPDATE ON entries FOR EACH ROW
    WHEN (octet_length(old.value) = 20030) EXECUTE FUNCTION unreadable()`;
const FLIP = 'set_byte(value, 20, get_byte(value, 20) # 1)';

testWithPostgres(
  'damaged entries are counted, stay as they are, and hold up no other',
  async () => {
    const { url, store } = await filledStore();
    for (const [at, length] of [1_000, 1_001, 20_000].entries()) {
      await put(store, 0, `damaged ${at}`, Buffer.alloc(length));
    }
    const last = `revision > ${(await store.state()).revision - 3}`;
    const small = `${last} AND octet_length(value) < 20000`;
    await asked(url, `UPDATE entries SET value = ${FLIP} WHERE ${small}; ${UNREADABLE}`);
    const { rows: left } = await asked(url, `SELECT * FROM entries WHERE ${last}`);
    const { log, lines } = capturedLog();
    const { rotation, finish } = await steppedRotation(url, store, `${NEW}${OLD}`, { log });
    expect(await finish()).toBe('over');
    const under = `SELECT e.* FROM entries e JOIN sealing_keys k ON k.id = data_key_id
    WHERE made_under = '${idOf(OLD)}'`;
    expect((await asked(url, under)).rows).toEqual(left);
    expect(left).toHaveLength(3);
    expect(lines().find(({ level }) => level === ERROR)).toMatchObject({ damaged: 3 });
    expect(rotation.progress([])).toMatchObject({ damaged: 3 });
    // their key stays, and is no reason to walk again
    expect([...(await dataKeys(url)).values()].sort()).toEqual([idOf(OLD), idOf(NEW)].sort());
    expect(await rotation.next()).toBe('over');
    await asked(url, 'DROP TRIGGER unreadable ON entries');
    for (const { database, lookup } of left) {
      const where = `database = ${database} AND lookup = '\\x${lookup.toString('hex')}'`;
      await asked(url, `DELETE FROM entries WHERE ${where}`);
    }
    const again = await steppedRotation(url, store, `${NEW}${OLD}`);
    expect(await again.finish()).toBe('over');
    expect(new Set((await dataKeys(url)).values())).toEqual(new Set([idOf(NEW)]));
  },
);

testWithPostgres(
  'a damaged data key seals nothing more, and goes once nothing needs it',
  async () => {
    const { url, store } = await filledStore();
    await asked(url, `UPDATE sealing_keys SET wrapped = '\\x0102' WHERE purpose = 'data'`);
    const [damagedId] = (await dataKeys(url)).keys();
    const { finish } = await steppedRotation(url, store, `${NEW}${OLD}`);
    expect(await finish()).toBe('over');
    // the replica that has it in memory makes another one
    await putMany(store, 'after', 3);
    const { rows } = await asked(url, `SELECT DISTINCT data_key_id::int AS id FROM entries`);
    expect(rows.map(({ id }) => id)).toContain(damagedId);
    expect(rows).toHaveLength(2);
    await asked(url, `DELETE FROM entries WHERE data_key_id = ${damagedId}`);
    const again = await steppedRotation(url, store, `${NEW}${OLD}`);
    expect(await again.finish()).toBe('over');
    expect(new Set((await dataKeys(url)).values())).toEqual(new Set([idOf(NEW)]));
  },
);
