// One connection to Postgres, set up so that its commits are on disk when they return and nothing
// waits for ever, and what it says of the server and of the store there.
// Next: `same-store.ts` makes sure that it is the store that this process has opened.
import pg from 'pg';
import { StartError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Identity } from '../identity.ts';
import { lacksFunction, StandbyError } from './failures.ts';
import { lockedForWriting, type Statement } from './statements.ts';
import { type FoundTimelines, type MetTimeline, timelineId } from './timelines.ts';

/** The number that Postgres knows its whole numbers of 64 bits by; ours are below 2^53. */
const INT8 = 20;
const VERSION_MIN = 130_000;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format ?? 'text'),
};

export interface SessionOptions {
  /** How long a statement may take before its connection is given up. */
  readonly timeoutMs: number;
  /** Statements are sent without waiting for the answers to those before. */
  readonly pipeline?: boolean;
}

export const clientConfig = (url: string, { timeoutMs, pipeline = false }: SessionOptions) => ({
  connectionString: url,
  connectionTimeoutMillis: limits.databaseConnectTimeoutMs,
  query_timeout: timeoutMs,
  keepAlive: true,
  application_name: 'dumbkv',
  types,
  pipeline,
});

/** Runs a statement; rejects with what Postgres or the connection says. */
export async function run<Row>(client: pg.ClientBase, { config }: Statement<Row>): Promise<Row[]> {
  return (await client.query(config)).rows;
}

/*
 * A commit waits for the standby servers that the database asks for. With a statement timeout that
 * wait would end in a commit with no more than a warning; the client's own timeout does it instead.
 * `remote_apply` promises more than `on` and is left.
 * A machine that is gone in the middle of a message holds its locks, since no timeout of Postgres
 * counts then, and its connections in any case; so Postgres is to look whether it is there.
 */
const SET_UP = `
  SELECT pg_backend_pid() AS backend,
         set_config('synchronous_commit', CASE current_setting('synchronous_commit')
           WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
         set_config('client_min_messages', 'warning', false),
         set_config('statement_timeout', $1, false),
         set_config('lock_timeout', $2, false),
         set_config('idle_in_transaction_session_timeout', $3, false),
         set_config('tcp_keepalives_idle', $4, false),
         set_config('tcp_keepalives_interval', $4, false),
         set_config('tcp_keepalives_count', $5, false),
         set_config('bytea_output', 'hex', false)`;
const READ_BACK = `
  SELECT current_setting('synchronous_commit') AS "synchronousCommit",
         current_setting('client_min_messages') AS "clientMinMessages",
         current_setting('statement_timeout') AS "statementTimeout",
         current_setting('fsync') AS fsync,
         current_setting('full_page_writes') AS "fullPageWrites",
         current_setting('server_version_num')::int AS version,
         current_setting('server_version') AS "versionText", pg_backend_pid() AS backend,
         current_setting('synchronous_standby_names') <> '' AS "isSynchronous",
         pg_is_in_recovery() AS "isStandby"`;
const TIMELINE = `
  SELECT system_identifier::text AS system,
         left(pg_walfile_name(pg_current_wal_lsn()), 8) AS number FROM pg_control_system()`;

interface ReadBack extends Pick<MetTimeline, 'isSynchronous'> {
  readonly synchronousCommit: string;
  readonly clientMinMessages: string;
  readonly statementTimeout: string;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly version: number;
  readonly versionText: string;
  /** The process of Postgres that answers. */
  readonly backend: number;
  readonly isStandby: boolean;
}

/** What a server says of itself. */
export interface ServerSettings extends ReadBack, MetTimeline {}

/** Whether a commit is on disk when it returns, by what a session says of it. */
export const isDurable = (synchronousCommit: string): boolean =>
  ['on', 'remote_apply'].includes(synchronousCommit);

/** What a start ends with where sessions are not those of one connection each. */
export const handedOn = (): StartError =>
  new StartError(
    'DKV_STORE_NOT_DURABLE',
    'Something between here and Postgres hands sessions on after each transaction, as ' +
      'PgBouncer does in transaction mode. Give DumbKV sessions of its own: set ' +
      'pool_mode = session for its database, or let it connect to Postgres itself. ' +
      'Nothing was written.',
  );

/** The process of Postgres that each connection was set up with. */
const backends = new WeakMap<pg.ClientBase, number>();

/** Whether a connection still leads to the session that was set up. */
export const isSameSession = (client: pg.ClientBase, backend: number): boolean =>
  backends.get(client) === backend;

/** Sets a new connection up, and reads back what durability needs. Throws DKV_STORE_NOT_DURABLE. */
export async function setUp(client: pg.ClientBase): Promise<ServerSettings> {
  const { databaseLockTimeoutMs, databaseIdleTransactionMs } = limits;
  const { databaseProbeSeconds, databaseProbesMax } = limits;
  const { rows: set } = await client.query<Pick<ReadBack, 'backend'>>(SET_UP, [
    '0',
    String(databaseLockTimeoutMs),
    String(databaseIdleTransactionMs),
    String(databaseProbeSeconds),
    String(databaseProbesMax),
  ]);
  const { rows } = await client.query<ReadBack>(READ_BACK);
  const [settings] = rows;
  if (settings === undefined) throw new Error('Postgres does not tell its settings');
  if (settings.version < VERSION_MIN) {
    throw new StartError(
      'DKV_STORE_OPEN_FAILED',
      `This is Postgres ${settings.versionText}, and DumbKV needs version 13 or newer. ` +
        'Upgrade it, or give another one. Nothing was written.',
    );
  }
  const { synchronousCommit, clientMinMessages, statementTimeout, backend } = settings;
  if (set[0]?.backend !== backend) throw handedOn();
  if (
    !isDurable(synchronousCommit) ||
    clientMinMessages !== 'warning' ||
    statementTimeout !== '0'
  ) {
    throw new StartError(
      'DKV_STORE_NOT_DURABLE',
      `Postgres did not take synchronous_commit = on: it says ${synchronousCommit}. ` +
        'Is something in between that does not keep the settings of a session?',
    );
  }
  if (settings.isStandby) throw new StandbyError('this Postgres is a standby and may only be read');
  backends.set(client, backend);
  return { ...settings, timeline: await readTimeline(client) };
}

/** Empty where the server does not tell: some that are only like Postgres keep their log apart. */
async function readTimeline(client: pg.ClientBase): Promise<string> {
  try {
    const { rows } = await client.query<{ system: string; number: string }>(TIMELINE);
    return rows.map(({ system, number }) => timelineId(system, number)).join();
  } catch (error) {
    if (lacksFunction(error)) return '';
    throw error;
  }
}

const SELECT_IDENTITY = `
  SELECT store_id AS "storeId", incarnation, schema_version AS "schemaVersion",
         oldest_reader_version AS "oldestReaderVersion", revision, timelines
  FROM store WHERE id = 1`;

/** The identity of a store, and how far it has come. */
export interface StoredIdentity extends Identity, FoundTimelines {}

/** The identity of the store; undefined where the row is missing. */
export async function readIdentity(
  client: pg.ClientBase,
  how: 'for reading' | 'for writing' = 'for reading',
): Promise<StoredIdentity | undefined> {
  const lock = how === 'for writing' ? lockedForWriting : '';
  return (await client.query<StoredIdentity>(`${SELECT_IDENTITY}${lock}`)).rows[0];
}

/** Opens a connection, which is given up if `prepare` does not succeed with it. */
export async function openSession(
  url: string,
  options: SessionOptions,
  prepare: (client: pg.Client) => Promise<unknown>,
): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(url, options));
  // who waits for an answer is told by it; else the next statement is
  client.on('error', () => {});
  try {
    await client.connect();
    await prepare(client);
    return client;
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
}
