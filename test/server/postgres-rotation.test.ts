// A rotation of sealing keys on Postgres while replicas serve: in the end nothing is under the old
// key and its data keys are gone, no write is lost, and nobody who reads or follows can tell.
// What may come between two steps is in `postgres-rotation-steps.test.ts`.
import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { limits } from '../../server/limits.ts';
import type { Store } from '../../server/store/store.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { dataKeys, idOf, madeUnder } from './support/postgres-rotation.ts';
import { openReplica, sealingKeyFile, sealingKeyLine } from './support/postgres-store.ts';
import { fillStore, shownBy } from './support/rotated-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, remove } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const ENTRIES = 400;
/** A step that is cut off is tried again after a pause. */
const GENEROUS_MS = 3 * limits.rotationRetryMs;

/** Two replicas with files of their own, in which a new key is the last one, and a filled store. */
async function twoReplicas() {
  const url = await freshDatabase(server);
  const [old, fresh] = [sealingKeyLine(), sealingKeyLine()];
  const files = [sealingKeyFile(old, fresh), sealingKeyFile(old, fresh)] as const;
  const stores = [await openReplica(url, files[0]), await openReplica(url, files[1])] as const;
  await fillStore(stores[0], ENTRIES);
  return { url, old, fresh, files, stores };
}

const rotatedTo = (url: string, line: string) =>
  waitFor(
    'the rotation to end',
    async () => [...(await dataKeys(url)).values()].every((id) => id === idOf(line)),
    GENEROUS_MS,
  );

const entriesUnder = async (url: string, line: string): Promise<number> => {
  const { rows } = await asked(
    url,
    `SELECT count(*)::int AS n FROM entries JOIN sealing_keys k ON k.id = data_key_id
     WHERE made_under = '${idOf(line)}'`,
  );
  return rows[0].n;
};

testWithPostgres('everything comes under the new key, and nobody can tell', async () => {
  const { url, old, fresh, files, stores } = await twoReplicas();
  const [store, other] = stores;
  let told = 0;
  const before = await shownBy(store);
  const oldIds = [...(await dataKeys(url)).keys()];
  const endWatch = other.watch(() => {
    told += 1;
  });
  // the first look tells in any case
  await waitFor('the first look', () => told > 0);
  told = 0;
  for (const file of files) writeFileSync(file, `${fresh}${old}`);
  await rotatedTo(url, fresh);
  expect(await madeUnder(url)).toEqual([idOf(fresh)]);
  for (const id of oldIds) expect([...(await dataKeys(url)).keys()]).not.toContain(id);
  for (const one of stores) expect(await shownBy(one)).toEqual(before);
  expect(told).toBe(0);
  endWatch();
  expect(await shownBy(await openReplica(url, sealingKeyFile(fresh)))).toEqual(before);
});

interface Load {
  readonly revisions: ReadonlyMap<string, number>;
  readonly sum: () => bigint;
  end(): Promise<void>;
}

/** Replaces, adds, removes and counts by one replica until told to end. */
function startLoad(store: Store, name: string): Load {
  const revisions = new Map<string, number>();
  let isOver = false;
  let sum = 0n;
  const write = async (lane: number) => {
    for (let at = 0; !isOver; at += 1) {
      const key = at % 2 === 0 ? `${name} ${lane} ${at}` : `key ${(at * 7 + lane) % 50}/${name}`;
      const result = await put(store, 0, key, Buffer.from(key));
      if (result.stored) revisions.set(key, result.revision);
      if (at % 5 === 4 && (await remove(store, 0, key)).removed) revisions.delete(key);
      const { results } = await store.write([{ op: 'add', database: 0, key: 'sum', delta: 1n }]);
      sum = (results?.[0]?.counter ?? 0n) > sum ? (results?.[0]?.counter ?? 0n) : sum;
    }
  };
  const all = Promise.all([0, 1].map((lane) => write(lane)));
  const end = async () => {
    isOver = true;
    await all;
  };
  return { revisions, sum: () => sum, end };
}

async function expectKept(store: Store, loads: readonly Load[]): Promise<void> {
  for (const [key, revision] of loads.flatMap((load) => [...load.revisions])) {
    const entry = await store.get(0, key);
    expect(entry, key).toMatchObject({ revision });
    expect(entry?.value.toString()).toBe(key);
  }
  const sums = loads.map((load) => load.sum());
  const sum = sums.reduce((a, b) => (a > b ? a : b));
  expect((await store.get(0, 'sum'))?.value.toString()).toBe(String(sum));
}

testWithPostgres('what two replicas write meanwhile is kept, and comes under it too', async () => {
  const { url, old, fresh, files, stores } = await twoReplicas();
  const loads = stores.map((store, at) => startLoad(store, `replica ${at}`));
  await waitFor('some writes', () => loads.every(({ revisions }) => revisions.size > 20));
  writeFileSync(files[0], `${fresh}${old}`);
  await waitFor('the first to seal anew', async () => (await entriesUnder(url, fresh)) > 64);
  const [, behind] = loads;
  const before = behind?.revisions.size ?? 0;
  await waitFor('the other to write on', () => (behind?.revisions.size ?? 0) > before + 20);
  writeFileSync(files[1], `${fresh}${old}`);
  await rotatedTo(url, fresh);
  for (const load of loads) await load.end();
  expect(await madeUnder(url)).toEqual([idOf(fresh)]);
  const alone = await openReplica(url, sealingKeyFile(fresh));
  for (const store of [...stores, alone]) {
    await expectKept(store, loads);
    expect((await shownBy(store)).unreadable).toBe(0);
  }
});

testWithPostgres('a replica that ends in the middle leaves the rest to another one', async () => {
  const { url, old, fresh, files, stores } = await twoReplicas();
  const before = await shownBy(stores[0]);
  writeFileSync(files[0], `${fresh}${old}`);
  await waitFor('some entries', async () => (await entriesUnder(url, fresh)) > 0);
  await stores[0].close();
  expect(await entriesUnder(url, old)).toBeGreaterThan(0);
  expect(await shownBy(stores[1])).toMatchObject({ unreadable: 0 });
  writeFileSync(files[1], `${fresh}${old}`);
  await rotatedTo(url, fresh);
  expect(await madeUnder(url)).toEqual([idOf(fresh)]);
  expect(await shownBy(stores[1])).toEqual(before);
});

testWithPostgres('connections that are cut in the middle hold it up, and no more', async () => {
  const { url, old, fresh, files, stores } = await twoReplicas();
  const before = await shownBy(stores[0]);
  for (const file of files) writeFileSync(file, `${fresh}${old}`);
  for (const least of [0, 100, 200]) {
    await waitFor(
      'some entries',
      async () => (await entriesUnder(url, fresh)) > least,
      GENEROUS_MS,
    );
    await asked(
      url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'dumbkv'`,
    );
  }
  await rotatedTo(url, fresh);
  expect(await madeUnder(url)).toEqual([idOf(fresh)]);
  expect(await shownBy(stores[0])).toEqual(before);
});

testWithPostgres(
  'a store that was closed when its file changed is gone by at the start',
  async () => {
    const { url, old, fresh, stores } = await twoReplicas();
    const before = await shownBy(stores[0]);
    for (const store of stores) await store.close();
    const store = await openReplica(url, sealingKeyFile(fresh, old));
    await rotatedTo(url, fresh);
    expect(await madeUnder(url)).toEqual([idOf(fresh)]);
    expect(await shownBy(store)).toEqual(before);
  },
);

testWithPostgres('how far it is can be asked of each replica', async () => {
  const { url, old, fresh, files, stores } = await twoReplicas();
  const [store, other] = stores;
  const sealing = async (one: Store) => (await one.vitals()).sealing;
  const over = { otherKeys: 0, pendingEntries: 0, damagedEntries: 0 };
  expect(await sealing(store)).toMatchObject(over);
  writeFileSync(files[0], `${fresh}${old}`);
  await waitFor('it to begin', async () => ((await sealing(store))?.pendingEntries ?? 0) > 0);
  await rotatedTo(url, fresh);
  expect(await sealing(store)).toMatchObject(over);
  // all keys are under one that is not the first of this file
  expect(await sealing(other)).toMatchObject({ currentKeys: 0, pendingEntries: ENTRIES });
  writeFileSync(files[1], `${fresh}${old}`);
  await waitFor('the other file', async () => (await sealing(other))?.pendingEntries === 0);
  expect(await sealing(other)).toMatchObject(over);
});
