// A Postgres that goes and comes back, under load and without: no acknowledged write is lost,
// nobody waits for ever, and the store works again by itself.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { ReplyError } from '../../server/errors.ts';
import type { Entry, Store } from '../../server/store/store.ts';
import { capturedLog } from './support/captured-log.ts';
import { server } from './support/own-postgres.ts';
import { asked, freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'fine',
    (error: unknown) => (error instanceof ReplyError ? error.code : String(error)),
  );

const healthy = (store: Store) =>
  waitFor('the store to work again', async () => (await codeOf(store.ping())) === 'fine');

interface Load {
  /** Writes until `end`; gives what was acknowledged, by key. */
  end(): Promise<Map<string, number>>;
  acknowledged(): number;
  readonly codes: Set<string>;
}

/** Writers that go on, each with keys of its own, whatever they are told. */
function startLoad(store: Store, writers: number): Load {
  const kept = new Map<string, number>();
  const codes = new Set<string>();
  let isOver = false;
  const write = async (writer: number) => {
    for (let at = 0; !isOver; at += 1) {
      const key = `${writer}/${at}`;
      try {
        const result = await put(store, 0, key, bytes(key));
        kept.set(key, result.stored ? result.revision : 0);
      } catch (error) {
        codes.add((error as ReplyError).code);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const all = Promise.all(Array.from({ length: writers }, (_, at) => write(at)));
  return {
    codes,
    acknowledged: () => kept.size,
    end: async () => {
      isOver = true;
      await all;
      return kept;
    },
  };
}

testWithOwnPostgres(
  'killed again and again under load, it keeps what was acknowledged',
  async () => {
    const url = await freshDatabase(server);
    const store = await openReplica(url, sealingKeyFile());
    const load = startLoad(store, 16);
    for (let kill = 0; kill < 3; kill += 1) {
      const before = load.acknowledged();
      await waitFor('some writes', () => load.acknowledged() > before + 200);
      await server.kill();
      await server.start();
      await healthy(store);
    }
    const kept = await load.end();
    for (const code of load.codes)
      expect(code).toMatch(/^DKV_(STORE_UNAVAILABLE|WRITE_UNCERTAIN)$/);
    expect(load.codes).toContain('DKV_STORE_UNAVAILABLE');
    const keys = [...kept.keys()];
    const found: (Entry | undefined)[] = [];
    for (let at = 0; at < keys.length; at += 100) {
      const some = keys.slice(at, at + 100).map((key) => store.get(0, key));
      found.push(...(await Promise.all(some)));
    }
    expect(found.map((entry) => entry?.value.toString())).toEqual(keys);
    expect(found.map((entry) => entry?.revision)).toEqual([...kept.values()]);
  },
);

testWithOwnPostgres('while it is away every call is refused, with word when to come', async () => {
  const store = await openReplica(await freshDatabase(server), sealingKeyFile());
  await put(store, 0, 'k', bytes('v'));
  await server.kill();
  const calls = () => [
    store.get(0, 'k'),
    put(store, 0, 'k', bytes('w')),
    store.scan({ database: 0, limit: 1, withValues: false }),
    store.changes({ database: 0, afterRevision: 0, limit: 1, withValues: false }),
    store.state(),
    store.ping(),
  ];
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.allSettled(calls());
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 'rejected',
        reason: { code: 'DKV_STORE_UNAVAILABLE', headers: { 'retry-after': '1' } },
      });
    }
  }
  await server.start();
  await healthy(store);
  expect(await valueAt(store, 0, 'k')).toEqual(bytes('v'));
  expect((await put(store, 0, 'k', bytes('w'))).stored).toBe(true);
});

const END_OTHERS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`;

testWithOwnPostgres('connections that ended while nobody used them cost no request', async () => {
  const url = await freshDatabase(server);
  const store = await openReplica(url, sealingKeyFile());
  await put(store, 0, 'k', bytes('v'));
  expect(await valueAt(store, 0, 'k')).toEqual(bytes('v'));
  expect((await asked(url, END_OTHERS)).rows.length).toBeGreaterThan(1);
  expect(await codeOf(put(store, 0, 'k', bytes('w')))).toBe('fine');
  expect(await valueAt(store, 0, 'k')).toEqual(bytes('w'));
  // this thread stands still meanwhile, so nothing has told it yet that its connections have ended
  server.ask(url, END_OTHERS);
  const calls = [put(store, 0, 'k', bytes('x')), store.get(0, 'k')].map(codeOf);
  expect(await Promise.all(calls)).toEqual(['fine', 'fine']);
});

testWithOwnPostgres(
  'a server that has become a standby is left alone until it leads again',
  async () => {
    const store = await openReplica(await freshDatabase(server), sealingKeyFile());
    await put(store, 0, 'k', bytes('v'));
    const signal = join(server.folder ?? '', 'data/standby.signal');
    await server.kill();
    writeFileSync(signal, '');
    await server.start();
    // what it would read may be older than what another server has acknowledged
    expect(await codeOf(store.get(0, 'k'))).toBe('DKV_STORE_UNAVAILABLE');
    expect(await codeOf(put(store, 0, 'k', bytes('w')))).toBe('DKV_STORE_UNAVAILABLE');
    await server.kill();
    rmSync(signal);
    await server.start();
    await healthy(store);
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('v'));
  },
);

const reloaded = (url: string, name: string, value: string) =>
  waitFor(`${name} = ${value}`, async () => {
    const { rows } = await asked(url, `SELECT current_setting('${name}') AS now`);
    return rows[0].now === value;
  });

testWithOwnPostgres.each([
  ['that did not wait for its standby', 'pg_cancel_backend'],
  ['whose connection is cut', 'pg_terminate_backend'],
])('a commit %s is not acknowledged', async (_, end) => {
  const url = await freshDatabase(server);
  const { log, lines } = capturedLog();
  const store = await openReplica(url, sealingKeyFile(), { log });
  await put(store, 0, 'k', bytes('v'));
  server.configure(`synchronous_standby_names = 'nobody'`);
  await reloaded(url, 'synchronous_standby_names', 'nobody');
  const written = codeOf(put(store, 0, 'k', bytes('w')));
  const ended = `SELECT ${end}(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'SyncRep'`;
  await waitFor('the commit to wait', async () => (await asked(url, ended)).rows.length > 0);
  expect(await written).toBe('DKV_WRITE_UNCERTAIN');
  expect(lines().map(({ msg }) => msg)).toContain('Postgres warns the writer');
  server.configure(`synchronous_standby_names = ''`);
  await reloaded(url, 'synchronous_standby_names', '');
  await healthy(store);
  // Postgres has committed all the same, on its own disk alone
  expect(await valueAt(store, 0, 'k')).toEqual(bytes('w'));
});

testWithOwnPostgres(
  'a lock that is not given up makes a write unavailable, not endless',
  async () => {
    const url = await freshDatabase(server);
    const store = await openReplica(url, sealingKeyFile());
    await put(store, 0, 'k', bytes('v'));
    // as another replica would that has frozen: Postgres cuts it off in the end
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN; SELECT 1 FROM store FOR UPDATE');
    expect(await codeOf(put(store, 0, 'k', bytes('w')))).toBe('DKV_STORE_UNAVAILABLE');
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('v'));
    await holder.end();
    expect(await codeOf(put(store, 0, 'k', bytes('w')))).toBe('fine');
  },
);
