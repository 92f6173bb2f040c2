// A standby that takes the place of the primary, with all commits or without the last ones, and an
// older copy that is put back: versions that were shown never come to stand for something else.
// What clients see of it is in `postgres-lost-commits.test.ts`.
import { expect } from 'vitest';
import type { StartError } from '../../server/errors.ts';
import { UUID } from '../../server/store/identity.ts';
import type { Store } from '../../server/store/store.ts';
import { capturedLog } from './support/captured-log.ts';
import { server } from './support/own-postgres.ts';
import { asked, freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { copyOf, promoteInPlace, putInPlace } from './support/postgres-copies.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

/** Commits wait for a standby; as there is none here, writing waits until `goOnAlone`. */
const SYNCHRONOUS = `synchronous_standby_names = '*'`;
const goOnAlone = () => server.configure(`synchronous_standby_names = ''`);

const bytes = (text: string): Buffer => Buffer.from(text);

interface Replica {
  readonly store: Store;
  /** Why a new process has to go on. */
  readonly told: StartError[];
}

async function newReplicas(count: number) {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  const replica = async (): Promise<Replica> => {
    const told: StartError[] = [];
    return { store: await openReplica(url, keyFile, { replaced: (e) => told.push(e) }), told };
  };
  const replicas: Replica[] = [];
  for (let at = 0; at < count; at += 1) replicas.push(await replica());
  return { url, keyFile, replicas };
}

const NOTED = { id: expect.any(String), mark: expect.stringMatching(UUID) };

const timelinesOf = async (url: string): Promise<{ id: string; since: number }[]> =>
  (await asked(url, 'SELECT timelines FROM store')).rows[0].timelines;

/** Asks until the database is back for this replica, or it is told that it is another one. */
const metAgain = ({ store, told }: Replica) =>
  waitFor('the store to answer again', async () => {
    const answers = await store.state().then(
      () => true,
      () => false,
    );
    return answers || told.length > 0;
  });

const replaced = (message: string) =>
  expect.objectContaining({
    code: 'DKV_STORE_REPLACED',
    message: expect.stringContaining(message),
  });

testWithOwnPostgres('an older copy on the same timeline is found by its revision', async () => {
  const { url, replicas } = await newReplicas(2);
  const [a, b] = replicas as [Replica, Replica];
  const copy = await copyOf(server);
  await waitFor('a write', () => put(a.store, 0, 'k', bytes('1')).catch(() => false));
  // who reads has seen it, too
  expect(await valueAt(b.store, 0, 'k')).toEqual(bytes('1'));
  const before = await timelinesOf(url);
  await putInPlace(server, copy);
  await metAgain(b);
  expect(b.told).toContainEqual(replaced('at revision 0 on'));
  await metAgain(a);
  expect(a.told[0]).toEqual(replaced('was given a new incarnation'));
  expect(await timelinesOf(url)).toEqual([{ ...NOTED, id: before[0]?.id, since: 0 }]);
});

testWithOwnPostgres('a failover that lost nothing is gone over without a word', async () => {
  const { url, replicas } = await newReplicas(2);
  const [a, b] = replicas as [Replica, Replica];
  await put(a.store, 0, 'k', bytes('1'));
  const [first] = await timelinesOf(url);
  await promoteInPlace(server, await copyOf(server), SYNCHRONOUS);
  for (const one of replicas) {
    await metAgain(one);
    // while commits wait for a standby, reading does not
    expect(await valueAt(one.store, 0, 'k')).toEqual(bytes('1'));
    expect(one.told).toEqual([]);
  }
  expect(await timelinesOf(url)).toEqual([first, { ...NOTED, since: 1 }]);
  goOnAlone();
  await waitFor('a write', () => put(b.store, 0, 'k', bytes('2')).catch(() => false));
  expect(await valueAt(a.store, 0, 'k')).toEqual(bytes('2'));
  const { rows } = await asked(url, 'SELECT incarnation FROM store');
  expect(rows).toEqual([{ incarnation: a.store.info().incarnation }]);
});

testWithOwnPostgres('who has seen more finds it out, though others went past it', async () => {
  const { url, replicas } = await newReplicas(2);
  const [a, b] = replicas as [Replica, Replica];
  await put(b.store, 0, 'k', bytes('1'));
  const copy = await copyOf(server);
  await waitFor('a write', () => put(a.store, 0, 'k', bytes('lost')).catch(() => false));
  await promoteInPlace(server, copy, SYNCHRONOUS);
  await metAgain(b);
  goOnAlone();
  for (const text of ['2', '3', '4']) {
    await waitFor('a write', () => put(b.store, 0, 'k', bytes(text)).catch(() => false));
  }
  expect([a.told, b.told]).toEqual([[], []]);
  await metAgain(a);
  expect(a.told).toContainEqual(replaced('while revision 2 was served'));
  // the other one has connections from before that
  await expect(put(b.store, 0, 'k', bytes('5'))).rejects.toMatchObject({
    code: 'DKV_STORE_UNAVAILABLE',
  });
  expect(b.told[0]).toEqual(replaced('was given a new incarnation'));
  const { rows } = await asked(url, 'SELECT revision::int FROM store');
  expect(rows).toEqual([{ revision: 4 }]);
});

testWithOwnPostgres(
  'two standbys that were promoted by the same number are told apart',
  async () => {
    const { url, replicas } = await newReplicas(2);
    const [a, b] = replicas as [Replica, Replica];
    await put(b.store, 0, 'k', bytes('1'));
    const standbys = [await copyOf(server), await copyOf(server)];
    const ids: (string | undefined)[] = [];
    for (const [at, one] of replicas.entries()) {
      await promoteInPlace(server, standbys[at] ?? '', SYNCHRONOUS);
      await metAgain(one);
      goOnAlone();
      await waitFor('a write', () => put(one.store, 0, 'k', bytes(`on ${at}`)).catch(() => false));
      ids.push((await timelinesOf(url)).at(-1)?.id);
    }
    expect(ids[0]).toBe(ids[1]);
    expect([a.told, b.told]).toEqual([[], []]);
    // as many writes as it knows of, and another value
    await metAgain(a);
    expect(a.told).toContainEqual(replaced('of which it does not know'));
  },
);

testWithOwnPostgres('a store that goes back under a connection takes no write', async () => {
  const { url, replicas } = await newReplicas(1);
  const [a] = replicas as [Replica];
  for (const text of ['1', '2', '3']) await put(a.store, 0, 'k', bytes(text));
  await asked(url, 'UPDATE store SET revision = 1');
  await expect(put(a.store, 0, 'k', bytes('4'))).rejects.toMatchObject({
    code: 'DKV_STORE_UNAVAILABLE',
  });
  expect(a.told).toContainEqual(replaced('while revision 3 was served'));
  const { rows } = await asked(url, 'SELECT revision::int, incarnation FROM store');
  expect(rows).toMatchObject([{ revision: 1 }]);
  expect(rows[0].incarnation).not.toBe(a.store.info().incarnation);
});

testWithOwnPostgres('a health check alone finds a new incarnation', async () => {
  const { url, replicas } = await newReplicas(1);
  const [a] = replicas as [Replica];
  await a.store.ping();
  await asked(url, `UPDATE store SET incarnation = gen_random_uuid()`);
  await expect(a.store.ping()).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  expect(a.told).toContainEqual(replaced('was given a new incarnation'));
});

testWithOwnPostgres(
  'a start after a failover begins a new incarnation, others do not',
  async () => {
    const { url, keyFile, replicas } = await newReplicas(1);
    const [a] = replicas as [Replica];
    await put(a.store, 0, 'k', bytes('1'));
    const { incarnation } = a.store.info();
    await a.store.close();
    const same = await openReplica(url, keyFile);
    expect(same.info().incarnation).toBe(incarnation);
    await same.close();
    await promoteInPlace(server, await copyOf(server));
    const { log, lines } = capturedLog();
    const next = await openReplica(url, keyFile, { log });
    expect(next.info().incarnation).not.toBe(incarnation);
    expect(lines().map(({ msg }) => msg)).toContain(
      'another Postgres has taken over since, and may lack commits: a new incarnation',
    );
    expect(await valueAt(next, 0, 'k')).toEqual(bytes('1'));
    const after = await openReplica(url, keyFile);
    expect(after.info()).toEqual(next.info());
  },
);

testWithOwnPostgres('an old primary is not gone back to', async () => {
  const { replicas } = await newReplicas(1);
  const [a] = replicas as [Replica];
  await put(a.store, 0, 'k', bytes('1'));
  const old = await promoteInPlace(server, await copyOf(server), SYNCHRONOUS);
  await metAgain(a);
  goOnAlone();
  const next = await putInPlace(server, old);
  await expect(a.store.state()).rejects.toMatchObject({
    code: 'DKV_STORE_UNAVAILABLE',
    cause: expect.objectContaining({ message: expect.stringContaining('another one has gone on') }),
  });
  expect(a.told).toEqual([]);
  await putInPlace(server, next);
  await waitFor('a write', () => put(a.store, 0, 'k', bytes('2')).catch(() => false));
  expect(await valueAt(a.store, 0, 'k')).toEqual(bytes('2'));
  expect(a.told).toEqual([]);
});

/** The URL of a user who may do nothing but make tables. */
async function plainUser(home: string): Promise<string> {
  const [username, password] = [`plain_${new URL(home).pathname.slice(-12)}`, 'pass'];
  await asked(
    home,
    `CREATE ROLE ${username} LOGIN PASSWORD '${password}';
     GRANT ALL ON SCHEMA public TO ${username}`,
  );
  return Object.assign(new URL(home), { username, password }).href;
}

testWithOwnPostgres('a user without any rights to the server learns the timeline', async () => {
  const home = await freshDatabase(server);
  await openReplica(await plainUser(home), sealingKeyFile());
  expect(await timelinesOf(home)).toEqual([
    { ...NOTED, id: expect.stringMatching(/^\d{15,}\/[0-9A-F]{8}$/), since: 0 },
  ]);
});

testWithOwnPostgres('a Postgres that does not tell it is served all the same', async () => {
  const home = await freshDatabase(server);
  await asked(home, 'REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC');
  const [url, keyFile] = [await plainUser(home), sealingKeyFile()];
  const store = await openReplica(url, keyFile);
  await put(store, 0, 'k', bytes('v'));
  expect(await timelinesOf(home)).toEqual([{ ...NOTED, id: '', since: 0 }]);
  expect((await openReplica(url, keyFile)).info()).toEqual(store.info());
});
