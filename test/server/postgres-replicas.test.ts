// Several servers on one Postgres: what one has acknowledged all show, nothing is counted twice,
// and revisions have the order of commits.
import { expect } from 'vitest';
import type { FeedEvent, Store } from '../../server/store/store.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

async function replicas(count: number): Promise<{ url: string; stores: Store[] }> {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const stores = await Promise.all(times(count, () => openReplica(url, keyFile)));
  return { url, stores };
}

testWithPostgres('what one replica has acknowledged the other shows at once', async () => {
  const { stores } = await replicas(2);
  const [a, b] = stores as [Store, Store];
  for (const at of times(20, (n) => n)) {
    const [from, to] = at % 2 === 0 ? [a, b] : [b, a];
    await put(from, 0, 'k', bytes(`value ${at}`));
    expect(await valueAt(to, 0, 'k')).toEqual(bytes(`value ${at}`));
  }
  await remove(a, 0, 'k');
  expect(await valueAt(b, 0, 'k')).toBeUndefined();
});

testWithPostgres('counters of several replicas lose nothing and count nothing twice', async () => {
  const { stores } = await replicas(3);
  const seen = await Promise.all(
    times(300, async (at) => {
      const store = stores[at % 3] as Store;
      const { results } = await store.write([{ op: 'add', database: 0, key: 'sum', delta: 1n }]);
      return Number(results?.[0]?.counter);
    }),
  );
  expect(seen.sort((a, b) => a - b)).toEqual(times(300, (at) => at + 1));
});

testWithPostgres('of all who compare and set at once on all replicas one wins', async () => {
  const { stores } = await replicas(2);
  let revision = 0;
  for (const round of times(10, (at) => at)) {
    const condition = revision === 0 ? { noneMatch: 'any' as const } : { match: [revision] };
    const tries = await Promise.all(
      times(10, (at) =>
        put(stores[at % 2] as Store, 0, 'k', bytes(`${round}/${at}`), { condition }),
      ),
    );
    const won = tries.flatMap((one) => (one.stored ? [one.revision] : []));
    expect(won).toHaveLength(1);
    revision = won[0] ?? 0;
  }
});

testWithPostgres('revisions are given once, without gaps, on all replicas together', async () => {
  const { url, stores } = await replicas(3);
  const results = await Promise.all(
    times(300, (at) => put(stores[at % 3] as Store, at % 4, `key ${at}`, bytes('v'))),
  );
  const revisions = results.flatMap((one) => (one.stored ? [one.revision] : []));
  expect(revisions.sort((a, b) => a - b)).toEqual(times(300, (at) => at + 1));
  const { rows } = await asked(url, 'SELECT revision::int, key_count::int FROM store');
  expect(rows).toEqual([{ revision: 300, key_count: 300 }]);
});

/** Follows a feed until it has told of so many events. */
async function followed(store: Store, count: number): Promise<FeedEvent[]> {
  const events: FeedEvent[] = [];
  let after = 0;
  while (events.length < count) {
    const request = { database: 0, afterRevision: after, limit: 7, withValues: false };
    const page = await store.changes(request);
    events.push(...page.events);
    after = page.revision;
  }
  return events;
}

testWithPostgres('a feed that is read while others commit misses none of them', async () => {
  const { stores } = await replicas(3);
  const [a, b, c] = stores as [Store, Store, Store];
  const writes = Promise.all(
    times(200, (at) => put(at % 2 === 0 ? a : b, 0, `key ${at}`, bytes('v'))),
  );
  const events = await followed(c, 200);
  await writes;
  expect(events.map(({ revision }) => revision)).toEqual(times(200, (at) => at + 1));
});

testWithPostgres('who follows one replica is told of the changes of another', async () => {
  const { stores } = await replicas(2);
  const [a, b] = stores as [Store, Store];
  let told = 0;
  const end = b.watch(() => {
    told += 1;
  });
  // what the first look finds does not count
  await waitFor('the first look', () => told > 0 || put(a, 0, 'k', bytes('v')).then(() => false));
  const before = told;
  await put(a, 0, 'k', bytes('again'));
  await waitFor('word of the change', () => told > before);
  end();
});

testWithPostgres(
  'a change without a hint is found, and a hint is heard without a change',
  async () => {
    const { url, stores } = await replicas(1);
    const [store] = stores as [Store];
    let told = 0;
    const end = store.watch(() => {
      told += 1;
    });
    await put(store, 0, 'k', bytes('v'));
    await waitFor('the looks to begin', () => told > 1);
    const afterFirst = told;
    await asked(url, 'UPDATE store SET revision = revision + 1');
    await waitFor('the change to be found', () => told > afterFirst);
    const afterSecond = told;
    await asked(url, `NOTIFY dumbkv_${store.info().storeId.replaceAll('-', '')}`);
    await waitFor('the hint to be heard', () => told > afterSecond);
    end();
  },
);

testWithPostgres('hints and looks end with the last who follows', async () => {
  const { url, stores } = await replicas(1);
  const [store] = stores as [Store];
  const listening = async () => {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
      AND query LIKE 'LISTEN %'`;
    return (await asked(url, sql)).rows.length;
  };
  const ends = [store.watch(() => {}), store.watch(() => {})];
  await waitFor('somebody to listen', async () => (await listening()) === 1);
  ends[0]?.();
  expect(await listening()).toBe(1);
  ends[1]?.();
  await waitFor('nobody to listen', async () => (await listening()) === 0);
});

testWithPostgres('who comes when the last has just left is heard, and let go of', async () => {
  const { url, stores } = await replicas(1);
  const [store] = stores as [Store];
  const listening = async () => {
    const sql = `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
      AND query LIKE 'LISTEN %'`;
    return (await asked(url, sql)).rows.map(({ pid }) => Number(pid));
  };
  const leave = store.watch(() => {});
  const [first] = await waitFor('the first', async () => {
    const pids = await listening();
    return pids.length === 1 ? pids : undefined;
  });
  leave();
  const leaveToo = store.watch(() => {});
  await waitFor('the second', async () => {
    const pids = await listening();
    return pids.length === 1 && pids[0] !== first;
  });
  leaveToo();
  await waitFor('nobody to listen', async () => (await listening()).length === 0);
});

testWithPostgres('a replica opens what others seal, whichever has written first', async () => {
  const { stores } = await replicas(3);
  const [a, b, c] = stores as [Store, Store, Store];
  // the ids of their keys were given in one order, and are used in another
  await put(c, 0, 'of c', bytes('c'));
  await put(a, 0, 'of a', bytes('a'));
  await put(b, 0, 'of b', bytes('b'));
  for (const store of stores) {
    for (const name of ['a', 'b', 'c']) {
      expect(await valueAt(store, 0, `of ${name}`)).toEqual(bytes(name));
    }
    const page = await store.scan({ database: 0, limit: 10, withValues: true });
    expect(page).toMatchObject({ unreadable: 0, next: undefined });
    expect(page.entries).toHaveLength(3);
  }
});

testWithPostgres('a counter that another replica has sealed can be added to', async () => {
  const { stores } = await replicas(2);
  const [a, b] = stores as [Store, Store];
  await a.write([{ op: 'add', database: 0, key: 'n', delta: 40n }]);
  const { results } = await b.write([{ op: 'add', database: 0, key: 'n', delta: 2n }]);
  expect(results?.[0]?.counter).toBe(42n);
});

testWithPostgres('one replica sweeps what another has written, once', async () => {
  const { url, stores } = await replicas(3);
  const [a, b] = stores as [Store, Store];
  await Promise.all(times(300, (at) => put(a, 0, `short ${at}`, bytes('v'), { ttlMs: 300 })));
  await put(a, 0, 'long', bytes('v'));
  await waitFor('the sweep', async () => (await b.state()).keys === 1);
  expect(await b.state()).toMatchObject({ keys: 1, removals: 300, revision: 601 });
  const { rows } = await asked(url, 'SELECT count(DISTINCT revision)::int AS n FROM entries');
  expect(rows).toEqual([{ n: 301 }]);
});

testWithPostgres('with another connection to write, reads come by others, too', async () => {
  const { url, stores } = await replicas(1);
  const [store] = stores as [Store];
  const reading = async () => {
    const sql = `SELECT pid FROM pg_stat_activity WHERE application_name = 'dumbkv'
      AND datname = current_database() AND query <> 'COMMIT'`;
    return (await asked(url, sql)).rows.map(({ pid }) => Number(pid));
  };
  await put(store, 0, 'k', bytes('old'));
  await valueAt(store, 0, 'k');
  const before = await reading();
  expect(before).not.toEqual([]);
  // the others lead to a server that may still answer, and no longer counts
  await asked(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND query = 'COMMIT'`,
  );
  await put(store, 0, 'k', bytes('new'));
  expect(await valueAt(store, 0, 'k')).toEqual(bytes('new'));
  await waitFor('others to read', async () => {
    const after = await reading();
    return after.length > 0 && !after.some((pid) => before.includes(pid));
  });
});
