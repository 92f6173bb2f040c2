// The location of Postgres while a store is served: its file changes, its password changes, its
// certificate counts, and its connections are bounded. Reads and hints under way at a change are in
// `postgres-relocation.test.ts`.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { capturedLog } from './support/captured-log.ts';
import { server } from './support/own-postgres.ts';
import { asked, freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { roleFor, usersOf } from './support/postgres-roles.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const value = Buffer.from('value');

testWithOwnPostgres('a change of the file moves all connections, and no call fails', async () => {
  const home = await freshDatabase(server);
  const [first, second] = [
    await roleFor(home, 'first', 'one'),
    await roleFor(home, 'second', 'two'),
  ];
  const file = join(tempFolder(), 'url');
  writeFileSync(file, `${first}\n`);
  const { log, text } = capturedLog();
  const store = await openReplica(undefined, sealingKeyFile(), { file, log });
  let isOver = false;
  let calls = 0;
  const load = Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      for (; !isOver; calls += 1) {
        await put(store, 0, `${writer}`, value);
        expect(await valueAt(store, 0, `${writer}`)).toEqual(value);
      }
    }),
  );
  await waitFor('some calls', () => calls > 50);
  expect(await usersOf(home)).toEqual(['first']);
  writeFileSync(file, second);
  await waitFor('the new user alone', async () => String(await usersOf(home)) === 'second');
  const before = calls;
  await waitFor('more calls', () => calls > before + 50);
  isOver = true;
  await load;
  expect(text()).toContain('the location of the database has changed');
  expect(text()).not.toMatch(/one@|two@|first:|second:/);
});

testWithOwnPostgres('a new location that does not lead to the store is not taken', async () => {
  const [home, elsewhere] = [await freshDatabase(server), await freshDatabase(server)];
  const empty = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  await (await openReplica(elsewhere, keyFile)).close();
  const file = join(tempFolder(), 'url');
  writeFileSync(file, home);
  const { log, lines, text } = capturedLog();
  const store = await openReplica(undefined, keyFile, { file, log });
  await put(store, 0, 'k', value);
  const refused = [
    elsewhere,
    empty,
    Object.assign(new URL(home), { password: 'wrong-secret' }).href,
    'postgres://dumbkv:a-secret@127.0.0.1:1/nowhere',
    'no url but-a-secret',
  ];
  for (const url of refused) {
    const complaints = () => lines().filter(({ msg }) => msg.includes('the old location stays'));
    const before = complaints().length;
    writeFileSync(file, url);
    await waitFor('a complaint', () => complaints().length > before);
    expect(await valueAt(store, 0, 'k')).toEqual(value);
    expect((await put(store, 0, 'k', value)).stored).toBe(true);
  }
  const { storeId } = store.info();
  expect(text()).toContain(`holds another store, and not ${storeId}`);
  expect(text()).toContain(`holds no store, and not ${storeId}`);
  expect(text()).not.toMatch(/secret|a-password-of-tests/);
});

testWithOwnPostgres(
  'a location that cannot be used ends the start, and is not repeated',
  async () => {
    const url = 'postgres://dumbkv:very-secret@127.0.0.1:5432/db?sslmode=prefer';
    const start = openReplica(url, sealingKeyFile());
    await expect(start).rejects.toMatchObject({ code: 'DKV_CONFIG_INVALID' });
    await expect(start).rejects.toThrow(
      'DATABASE_LOCATION cannot be used: its sslmode must be one of disable, require, verify-ca, ',
    );
    await start.catch((error: Error) => expect(String(error.stack)).not.toContain('secret'));
    const missing = openReplica(undefined, sealingKeyFile(), { file: '/nowhere/url' });
    await expect(missing).rejects.toThrow(/^DATABASE_LOCATION_FILE \/nowhere\/url cannot be used/);
  },
);

const readMany = (store: Store, count: number) =>
  Promise.allSettled(Array.from({ length: count }, () => store.state()));

testWithOwnPostgres(
  'there are never more connections than allowed, and who waits is heard',
  async () => {
    const url = await freshDatabase(server);
    const store = await openReplica(url, sealingKeyFile(), { poolMax: 5, poolIdle: 1 });
    await put(store, 0, 'k', value);
    const reads = readMany(store, 200);
    const sql = `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'dumbkv'`;
    const counts = await Promise.all(
      [1, 2, 3, 4, 5].map(async () => (await asked(url, sql)).rows[0].n),
    );
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
    expect((await reads).every(({ status }) => status === 'fulfilled')).toBe(true);
  },
);

testWithOwnPostgres(
  'beyond a bounded queue calls are refused, and the rest is answered',
  async () => {
    const store = await openReplica(await freshDatabase(server), sealingKeyFile(), { poolMax: 3 });
    const answers = await readMany(store, 1_000);
    const refused = answers.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(1_000);
    for (const reason of refused) {
      expect(reason).toMatchObject({ code: 'DKV_SERVER_BUSY', headers: { 'retry-after': '1' } });
    }
    expect((await store.state()).keys).toBe(0);
  },
);

testWithOwnPostgres(
  'while no more connections are to be had, those that are there serve',
  async () => {
    const url = await freshDatabase(server);
    const role = await roleFor(url, 'bounded', 'bounded');
    const store = await openReplica(role, sealingKeyFile(), { poolMax: 10 });
    await put(store, 0, 'k', value);
    expect(await valueAt(store, 0, 'k')).toEqual(value);
    await asked(url, 'ALTER ROLE bounded NOSUPERUSER CONNECTION LIMIT 1');
    const answers = await readMany(store, 8);
    expect(answers.map(({ status }) => status)).toContain('fulfilled');
    // the pause that the others began holds nobody up who needs no new connection
    for (let at = 0; at < 20; at += 1) expect(await valueAt(store, 0, 'k')).toEqual(value);
    await asked(url, 'ALTER ROLE bounded CONNECTION LIMIT -1');
    const isFine = async () =>
      (await readMany(store, 8)).every(({ status }) => status === 'fulfilled');
    await waitFor('connections to be had again', isFine);
  },
);

/** A key and a certificate for 127.0.0.1 that vouches for itself. */
function certificate(folder: string): void {
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const into = ['-keyout', `${folder}/server.key`, '-out', `${folder}/server.crt`];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', [...kind, ...name, ...into], { stdio: 'ignore' });
}

testWithOwnPostgres('TLS is as strict as sslmode says', async () => {
  const url = await freshDatabase(server);
  const keyFile = sealingKeyFile();
  await expect(openReplica(`${url}?sslmode=require`, keyFile)).rejects.toThrow(/SSL/);
  const data = join(server.folder ?? '', 'data');
  certificate(data);
  execFileSync('chown', ['--reference', data, `${data}/server.key`, `${data}/server.crt`]);
  server.configure('ssl = on');
  const store = await waitFor('TLS', () =>
    openReplica(`${url}?sslmode=require`, keyFile).catch(() => undefined),
  );
  await put(store, 0, 'k', value);
  const sql = 'SELECT bool_and(ssl) AS ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)';
  const { rows } = await asked(url, `${sql} WHERE application_name = 'dumbkv'`);
  expect(rows).toEqual([{ ssl: true }]);
  const ca = join(tempFolder(), 'ca.crt');
  execFileSync('cp', [`${data}/server.crt`, ca]);
  const verified = await openReplica(`${url}?sslmode=verify-full&sslrootcert=${ca}`, keyFile);
  expect(await valueAt(verified, 0, 'k')).toEqual(value);
  await expect(openReplica(`${url}?sslmode=verify-full`, keyFile)).rejects.toThrow(/self-signed/);
  const misnamed = url.replace('127.0.0.1', 'localhost');
  const start = openReplica(`${misnamed}?sslmode=verify-full&sslrootcert=${ca}`, keyFile);
  await expect(start).rejects.toThrow(/does not match certificate/);
});
