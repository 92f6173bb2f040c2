// Opens a store on Postgres: wait for the database, look, check, and only then write, all of it
// under a lock, so that several replicas may start at once.
// Next: `engine.ts` serves it.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { SealingKey } from '../../sealing/key-file.ts';
import { KeyNotInFileError, KeyRing, type WrappedKey } from '../../sealing/key-ring.ts';
import { findSealingKeys } from '../../sealing/key-source.ts';
import { SealBrokenError } from '../../sealing/seal.ts';
import { Sealer } from '../../sealing/sealer.ts';
import { checkIdentity, type Identity, storeIdBytes, UUID } from '../identity.ts';
import { OpenedStore } from '../opened-store.ts';
import type { Store } from '../store.ts';
import { PostgresEngine } from './engine.ts';
import { damaged, mayPass, startErrorOf } from './failures.ts';
import { followKeyFile } from './key-file.ts';
import { insertKey, nextKeyId, selectKeys } from './key-statements.ts';
import { OwnKey, ReplicaKeys } from './keys.ts';
import { type DatabaseUrl, type Location, openLocation } from './location.ts';
import { pauseMs } from './pause.ts';
import { Pool } from './pool.ts';
import { RotationSteps } from './rotation-steps.ts';
import { createTables, type Migration, migrations, raiseTables, versionOf } from './schema.ts';
import { openSession, readIdentity, run, setUp } from './session.ts';
import { advisoryLockClass, begin, commit } from './statements.ts';
import { Sweeper } from './sweep.ts';
import { Watchers } from './watchers.ts';
import { PostgresWriter } from './writer.ts';

export interface PostgresOptions {
  readonly url?: string | undefined;
  /** A file that holds the URL; it is read again when it changes. */
  readonly file?: string | undefined;
  readonly poolMax: number;
  readonly poolIdle: number;
  readonly storeId?: string | undefined;
  readonly sealingKeyFile: string;
  /** In place of those of this release. */
  readonly migrations?: readonly Migration[];
}

interface Found {
  readonly identity: Identity;
  readonly ring: KeyRing;
}

/** One connection writes, and one listens. */
const NOT_FOR_READING = 2;

/**
 * Opens the store, or makes a new one where there is nothing; waits a while for a database that is
 * away. Rejects with StartError, or with an AbortError once `signal` says so.
 */
export async function openPostgres(
  options: PostgresOptions,
  log: BaseLogger,
  signal: AbortSignal,
): Promise<Store> {
  const { sealingKeyFile: file } = options;
  const location = await openLocation(options, log);
  const database = location.current.shown;
  const keys = await findSealingKeys({ file, location: database, isNewStore: false }, log);
  const found = await untilThere(location.current, log, signal, () =>
    findStore(location.current, options, keys, log),
  );
  log.info({ database }, 'the store is open');
  return serve(found, keys, location, options, log);
}

/** Asks again while the database is away. */
async function untilThere<T>(
  { shown }: DatabaseUrl,
  log: BaseLogger,
  signal: AbortSignal,
  open: () => Promise<T>,
): Promise<T> {
  const endMs = performance.now() + limits.databaseStartMs;
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await open();
    } catch (error) {
      if (!mayPass(error) || performance.now() > endMs) throw startErrorOf(error, shown);
      log.warn({ database: shown, reason: messageOf(error) }, 'waiting for the database');
      await delay(pauseMs(failures, Math.random()), undefined, { signal });
    }
  }
}

/** Nothing is written before the identity and the keys are known to be right. */
async function findStore(
  { url, shown }: DatabaseUrl,
  wanted: PostgresOptions,
  keys: readonly SealingKey[],
  log: BaseLogger,
): Promise<Found> {
  const options = { timeoutMs: limits.databaseWriteTimeoutMs };
  const client = await openSession(url, options, async (opened) => {
    const { fsync, fullPageWrites } = await setUp(opened);
    if (fsync === 'on' && fullPageWrites === 'on') return;
    const says = 'this Postgres does not sync its disk: it may lose acknowledged writes';
    log.warn({ database: shown, fsync, fullPageWrites }, says);
  });
  try {
    await run(client, begin());
    const lock = [advisoryLockClass];
    await client.query('SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))', lock);
    const { rows } = await client.query(`SELECT to_regclass('store') IS NOT NULL AS "isThere"`);
    const found = rows[0]?.isThere
      ? await checkStore(client, wanted, keys, shown, log)
      : await createStore(client, wanted, keys, log);
    await run(client, commit());
    return found;
  } finally {
    await client.end().catch(() => {});
  }
}

async function createStore(
  client: pg.Client,
  { storeId = randomUUID() }: PostgresOptions,
  keys: readonly SealingKey[],
  log: BaseLogger,
): Promise<Found> {
  const identity = await createTables(client, { storeId, incarnation: randomUUID() });
  const ring = new KeyRing(storeIdBytes(storeId), keys);
  const newKey = new OwnKey(ring);
  newKey.id = (await run(client, nextKeyId()))[0]?.id;
  ring.createLookupKey(newKey.keep);
  if (newKey.unsaved !== undefined) await run(client, insertKey(newKey.unsaved));
  log.info({ storeId }, 'made a new store');
  return { identity, ring };
}

async function checkStore(
  client: pg.Client,
  { storeId, migrations: steps = migrations }: PostgresOptions,
  keys: readonly SealingKey[],
  shown: string,
  log: BaseLogger,
): Promise<Found> {
  const found = await readIdentity(client).catch((error: unknown) => {
    throw startErrorOf(error, shown);
  });
  if (found === undefined) throw damaged(shown, 'the row of identity is missing');
  if (!UUID.test(found.storeId)) throw damaged(shown, 'its id is no UUID');
  checkIdentity(found, { storeId, schemaVersion: versionOf(steps) });
  const wrapped = await run(client, selectKeys());
  const ring = openRing(found, keys, wrapped, shown, log);
  return { identity: await raiseTables(client, found, steps), ring };
}

function openRing(
  { storeId }: Identity,
  keys: readonly SealingKey[],
  wrapped: readonly WrappedKey[],
  shown: string,
  log: BaseLogger,
): KeyRing {
  const ring = new KeyRing(storeIdBytes(storeId), keys);
  try {
    const dataKeyIds = ring.load(wrapped);
    if (dataKeyIds.length === 0) return ring;
    const says = 'data keys are damaged: what was sealed with them cannot be read, all else can';
    log.error({ database: shown, dataKeyIds }, says);
    return ring;
  } catch (error) {
    if (error instanceof SealBrokenError) throw damaged(shown, messageOf(error), error);
    if (!(error instanceof KeyNotInFileError)) throw error;
    throw new StartError(
      'DKV_SEALING_KEY_WRONG',
      `The sealing key file does not open this store: ${messageOf(error)}. ` +
        'Give it the key file it was made with. Nothing was written.',
      error,
    );
  }
}

function serve(
  { identity, ring }: Found,
  sealingKeys: readonly SealingKey[],
  location: Location,
  { poolMax, poolIdle, sealingKeyFile, migrations: steps = migrations }: PostgresOptions,
  log: BaseLogger,
): Store {
  const { storeId, incarnation, schemaVersion } = identity;
  const max = Math.max(poolMax - NOT_FOR_READING, 1);
  const expected = { storeId, incarnation, knownVersion: versionOf(steps) };
  const pool = new Pool(location.current, { expected, max, idle: poolIdle, log });
  const sealer = new Sealer(storeIdBytes(storeId), ring);
  const keys = new ReplicaKeys(ring, pool);
  // what it acknowledges by another server, the old connections would not show
  const leaveReads = () => pool.leave();
  const writerParts = { expected, sealer, leaveReads, log };
  const writer = new PostgresWriter(location.current, writerParts);
  const watchers = new Watchers(location.current, { pool, expected, log });
  const sweeper = new Sweeper(writer, watchers.tell, log);
  const rotation = new RotationSteps({ sealer, writer, keys: sealingKeys, log });
  const keyFile = { path: sealingKeyFile, keys: sealingKeys, rotation, log };
  const endKeyWatch = followKeyFile(keyFile);
  location.watch(async (next) => {
    await pool.renew(next);
    await writer.renew(next);
    await watchers.renew(next);
  });
  const journalMode = 'server' as const;
  const info = { engine: 'postgres' as const, storeId, incarnation, schemaVersion, journalMode };
  const tended = { writer, watchers, sweeper, rotation, endKeyWatch };
  const parts = { location, pool, keys, sealer, expected, info, ...tended };
  return new OpenedStore(new PostgresEngine({ ...parts, connectionsMax: poolMax }));
}
