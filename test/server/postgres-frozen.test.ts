// A replica that is frozen while it holds the lock of the store: the others write again after a
// while, and it is told, once it goes on, that what it was writing is not there.
// A machine that falls silent is in `postgres-silence.test.ts`.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openSession, setUp } from '../../server/store/postgres/session.ts';
import { endStuckSessions } from '../../server/store/postgres/stuck-sessions.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { server } from './support/shared-postgres.ts';
import { put } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const LIMIT_MS = 90_000;
/** The statement by which a group writes entries, in the middle of its transaction. */
const WRITES = 'INSERT INTO entries';

interface Way {
  readonly url: string;
  /** Whether somebody has begun to write, and gets no further. */
  isHeld(): boolean;
  /** Lets through what was held, and all that comes. */
  letGo(): void;
}

/** A way to the database that lets through so many bytes of the first write, and then nothing. */
async function wayTo(url: string, bytesOfWrite: number): Promise<Way> {
  const { hostname, port } = new URL(url);
  const held: (() => void)[] = [];
  let isHeld = false;
  let isOpen = false;
  const listener = createServer((near) => {
    const far = connect(Number(port), hostname);
    let isStopped = false;
    near.on('data', (bytes: Buffer) => {
      const at = isHeld ? -1 : bytes.indexOf(WRITES);
      if (at !== -1) {
        [isHeld, isStopped] = [true, true];
        // the message begins before its text
        const end = bytesOfWrite === 0 ? bytes.lastIndexOf('P', at) : at + bytesOfWrite;
        far.write(bytes.subarray(0, end));
        held.push(() => far.write(bytes.subarray(end)));
      } else if (isStopped && !isOpen) held.push(() => far.write(bytes));
      else far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => near.write(bytes));
    const end = (one: Socket, other: Socket) =>
      one.on('error', () => {}).on('close', () => other.destroy());
    end(near, far);
    end(far, near);
    onTestFinished(() => void near.destroy());
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void listener.close());
  const address = listener.address();
  const own = typeof address === 'object' ? address?.port : undefined;
  const through = Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) });
  const letGo = () => {
    isOpen = true;
    for (const write of held.splice(0)) write();
  };
  return { url: through.href, isHeld: () => isHeld, letGo };
}

const statusOf = async (asked: Promise<Response>): Promise<number> => (await asked).status;

testWithPostgres.each([
  ['between two messages', 0],
  ['in the middle of a message', 2_000],
])('one that is frozen %s holds others up for a while only', async (_, bytesOfWrite) => {
  const url = await freshDatabase(server);
  const way = await wayTo(url, bytesOfWrite);
  const shared = { DATABASE_TYPE: 'postgres', SEALING_KEY_FILE: sealingKeyFile() };
  const start = (location: string): ServerProcess =>
    startServer(tempFolder(), { ...shared, DATABASE_LOCATION: location });
  const other = start(url);
  expect((await other.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
  const frozen = start(way.url);
  const write = frozen.kv('PUT', { key: 'lost', value: 'v'.repeat(100_000) });
  await waitFor('the write to begin', () => way.isHeld());
  frozen.child.kill('SIGSTOP');

  const seen = new Set<number>();
  const writesOn = async () => {
    const status = await statusOf(other.kv('PUT', { key: 'k', value: 'next' }));
    seen.add(status);
    return status === 200;
  };
  await waitFor('the other to write again', writesOn, LIMIT_MS);
  // it was in the way, and nothing was uncertain
  expect([...seen]).toEqual([503, 200]);

  frozen.child.kill('SIGCONT');
  way.letGo();
  const told = await write;
  expect([told.status, await told.json()]).toMatchObject([500, { code: 'DKV_WRITE_UNCERTAIN' }]);
  expect(await statusOf(other.kv('POST', { key: 'lost' }))).toBe(404);
  const writesAgain = async () =>
    (await statusOf(frozen.kv('PUT', { key: 'again', value: 'v' }))) === 200;
  await waitFor('the frozen one to write again', writesAgain);
  expect(await (await other.kv('POST', { key: 'again' })).json()).toEqual({ value: 'v' });
});

/** A session of this name that holds a lock on the row of the store, and says nothing. */
async function holdStore(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: name });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  await client.query('BEGIN; SELECT FROM store FOR KEY SHARE');
}

testWithPostgres('of those who hold the store for long it ends its own alone', async () => {
  const url = await freshDatabase(server);
  await (await openReplica(url, sealingKeyFile())).close();
  const names = ['dumbkv', 'psql', 'shop'];
  for (const name of names) await holdStore(url, name);
  const holders = async (idleMs: number): Promise<string[]> => {
    const sql = `SELECT application_name AS name FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'idle in transaction'
        AND state_change < clock_timestamp() - interval '${idleMs} milliseconds'`;
    return (await asked(url, sql)).rows.map(({ name }) => name).sort();
  };
  const areStuck = async () =>
    (await holders(limits.databaseIdleTransactionMs)).length === names.length;
  await waitFor('all to be idle for long', areStuck, LIMIT_MS);
  const endsBy = async (location: string) => {
    const client = await openSession(location, { timeoutMs: 5_000 }, setUp);
    const ended = await endStuckSessions(client);
    await client.end();
    return ended;
  };
  const left = (expected: string[]) =>
    waitFor('the session to end', async () => `${await holders(0)}` === `${expected}`);
  expect(await endsBy(url)).toBe(1);
  await left(['psql', 'shop']);
  // a name that the location gives
  expect(await endsBy(`${url}?application_name=shop`)).toBe(1);
  await left(['psql']);
});

testWithPostgres('a role that may end no session writes all the same', async () => {
  const url = await freshDatabase(server);
  const name = `limited_${randomUUID().replaceAll('-', '')}`;
  await asked(
    url,
    `CREATE ROLE ${name} LOGIN PASSWORD 'limited';
     GRANT CREATE ON SCHEMA public TO ${name};
     DO $$ BEGIN EXECUTE (
       SELECT 'REVOKE EXECUTE ON FUNCTION ' || oid::regprocedure || ' FROM PUBLIC'
       FROM pg_proc WHERE proname = 'pg_terminate_backend'
     ); END $$`,
  );
  onTestFinished(async () => void (await asked(url, `DROP OWNED BY ${name}; DROP ROLE ${name}`)));
  const limited = Object.assign(new URL(url), { username: name, password: 'limited' }).href;
  const asking = asked(limited, 'SELECT pg_terminate_backend(0)');
  await expect(asking).rejects.toThrow('permission denied');
  const store = await openReplica(limited, sealingKeyFile());
  expect(await put(store, 0, 'k', Buffer.from('v'))).toMatchObject({ stored: true });
});
