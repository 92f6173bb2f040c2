// Opens a store on Postgres: waits for the database, has the store found or made there, and puts
// together what serves it.
// Next: `find-store.ts`, then `engine.ts` serves it.
import { setTimeout as delay } from 'node:timers/promises';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { SealingKey } from '../../sealing/key-file.ts';
import { findSealingKeys } from '../../sealing/key-source.ts';
import { Sealer } from '../../sealing/sealer.ts';
import { storeIdBytes } from '../identity.ts';
import { OpenedStore } from '../opened-store.ts';
import type { Store } from '../store.ts';
import { PostgresEngine } from './engine.ts';
import { lacksTable, mayPass, startErrorOf } from './failures.ts';
import { type FoundStore, findStore, type WantedStore } from './find-store.ts';
import { followKeyFile } from './key-file.ts';
import { ReplicaKeys } from './keys.ts';
import { type DatabaseUrl, type Location, openLocation } from './location.ts';
import { expectOwnSessions } from './own-sessions.ts';
import { pauseMs } from './pause.ts';
import { Pool } from './pool.ts';
import { RotationSteps } from './rotation-steps.ts';
import { expectedStore } from './same-store.ts';
import { migrations, versionOf } from './schema.ts';
import { openSession, readIdentity, setUp } from './session.ts';
import { Sweeper } from './sweep.ts';
import { Watchers } from './watchers.ts';
import { PostgresWriter } from './writer.ts';

export interface PostgresOptions extends Omit<WantedStore, 'mayWait'> {
  readonly url?: string | undefined;
  /** A file that holds the URL; it is read again when it changes. */
  readonly file?: string | undefined;
  readonly poolMax: number;
  readonly poolIdle: number;
  readonly sealingKeyFile: string;
  /** In place of `limits.databaseSettleMs`. */
  readonly settleMs?: number;
  /** Called when the store can only be served by a new process; by default this one ends. */
  readonly replaced?: (error: StartError) => void;
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
  const { sealingKeyFile: file, settleMs = limits.databaseSettleMs } = options;
  const location = await openLocation(options, log);
  const database = location.current.shown;
  const keys = await findSealingKeys({ file, location: database, isNewStore: false }, log);
  let endMs: number | undefined;
  const mayWait = () => {
    const nowMs = performance.now();
    endMs ??= nowMs + settleMs;
    return nowMs < endMs;
  };
  const found = await untilThere(location.current, log, signal, () =>
    findStore(location.current, { ...options, mayWait }, keys, log),
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

function serve(
  { identity, ring, timeline }: FoundStore,
  sealingKeys: readonly SealingKey[],
  location: Location,
  options: PostgresOptions,
  log: BaseLogger,
): Store {
  const { poolMax, poolIdle, sealingKeyFile, migrations: steps = migrations } = options;
  const { storeId, incarnation, schemaVersion } = identity;
  const max = Math.max(poolMax - NOT_FOR_READING, 1);
  const { replaced = endProcess } = options;
  const expected = expectedStore(identity, timeline, versionOf(steps), replaced);
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
    await tryLocation(next, storeId);
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

/** Rejects where another store is, or none, and where sessions there would not be ours alone. */
async function tryLocation({ url, shown }: DatabaseUrl, storeId: string): Promise<void> {
  const options = { timeoutMs: limits.databaseReadTimeoutMs };
  const client = await openSession(url, options, async (opened) => {
    await setUp(opened);
    const found = await readIdentity(opened).catch((error: unknown) => {
      throw lacksTable(error) ? elsewhere(shown, storeId, 'holds no store', error) : error;
    });
    if (found?.storeId !== storeId) throw elsewhere(shown, storeId, 'holds another store');
    await expectOwnSessions(opened, url, options);
  });
  await client.end();
}

const elsewhere = (shown: string, storeId: string, holds: string, cause?: unknown): StartError =>
  new StartError(
    'DKV_STORE_MISMATCH',
    `The Postgres database ${shown} ${holds}, and not ${storeId}, which is served: give a URL ` +
      'that leads to that one',
    cause,
  );

/** By an error that nobody catches; what is under way gets no answer. */
function endProcess(error: StartError): void {
  setImmediate(() => {
    throw error;
  });
}
