// Finds the store in Postgres, or makes a new one where there is nothing: looks, checks, and only
// then writes, all of it under a lock, so that several replicas may start at once.
// Next: back to `open.ts`.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { BaseLogger } from 'pino';
import { limits } from '../../limits.ts';
import type { SealingKey } from '../../sealing/key-file.ts';
import { KeyRing } from '../../sealing/key-ring.ts';
import { checkIdentity, type Identity, storeIdBytes, UUID } from '../identity.ts';
import { expectNeverMade } from '../made-mark.ts';
import { openRing } from '../opened-ring.ts';
import { damaged, startErrorOf, UnsettledError } from './failures.ts';
import { insertKey, nextKeyId, selectKeys } from './key-statements.ts';
import { OwnKey } from './keys.ts';
import type { DatabaseUrl } from './location.ts';
import { expectOwnSessions } from './own-sessions.ts';
import { lockIdentity, newTimeline, note } from './same-store.ts';
import { createTables, type Migration, migrations, raiseTables, versionOf } from './schema.ts';
import { openSession, readIdentity, run, setUp } from './session.ts';
import { advisoryLockClass, begin, commit } from './statements.ts';
import {
  type MetTimeline,
  mayBeNext,
  type NotedTimeline,
  notedLast,
  verdictOn,
} from './timelines.ts';

export interface WantedStore {
  readonly storeId?: string | undefined;
  /** Beside it may stand that the store was made before. */
  readonly sealingKeyFile?: string | undefined;
  /** Whether servers that run may still be waited for after a failover, who know what was lost. */
  readonly mayWait?: () => boolean;
  /** In place of those of this release. */
  readonly migrations?: readonly Migration[];
}

export interface FoundStore {
  readonly identity: Identity;
  readonly ring: KeyRing;
  /** That of the server where it was found. */
  readonly timeline: NotedTimeline;
}

/** Nothing is written before the identity and the keys are known to be right. */
export async function findStore(
  { url, shown }: DatabaseUrl,
  wanted: WantedStore,
  keys: readonly SealingKey[],
  log: BaseLogger,
): Promise<FoundStore> {
  const options = { timeoutMs: limits.databaseWriteTimeoutMs };
  const client = await openSession(url, options, async () => {});
  try {
    const met = await setUp(client);
    await expectOwnSessions(client, url, options);
    const { fsync, fullPageWrites } = met;
    if (fsync !== 'on' || fullPageWrites !== 'on') {
      const says = 'this Postgres does not sync its disk: it may lose acknowledged writes';
      log.warn({ database: shown, fsync, fullPageWrites }, says);
    }
    await run(client, begin());
    const lock = [advisoryLockClass];
    await client.query('SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))', lock);
    const { rows } = await client.query(`SELECT to_regclass('store') IS NOT NULL AS "isThere"`);
    const isThere: boolean = rows[0]?.isThere;
    // asked as late as that: others may have made it while this one waited for the database
    if (!isThere) await expectNeverMade(wanted.sealingKeyFile, `the Postgres database ${shown}`);
    const found = isThere
      ? await checkStore(client, wanted, met, keys, shown, log)
      : await createStore(client, wanted, met, keys, log);
    await run(client, commit());
    return found;
  } finally {
    await client.end().catch(() => {});
  }
}

async function createStore(
  client: pg.Client,
  { storeId = randomUUID() }: WantedStore,
  met: MetTimeline,
  keys: readonly SealingKey[],
  log: BaseLogger,
): Promise<FoundStore> {
  const timeline = newTimeline(met.timeline);
  const identity = await createTables(client, { storeId, incarnation: randomUUID() }, timeline);
  const ring = new KeyRing(storeIdBytes(storeId), keys);
  const newKey = new OwnKey(ring);
  newKey.id = (await run(client, nextKeyId()))[0]?.id;
  ring.createLookupKey(newKey.keep);
  if (newKey.unsaved !== undefined) await run(client, insertKey(newKey.unsaved));
  log.info({ storeId }, 'made a new store');
  return { identity, ring, timeline };
}

async function checkStore(
  client: pg.Client,
  { storeId, migrations: steps = migrations, mayWait = () => false }: WantedStore,
  met: MetTimeline,
  keys: readonly SealingKey[],
  shown: string,
  log: BaseLogger,
): Promise<FoundStore> {
  const found = await readIdentity(client).catch((error: unknown) => {
    throw startErrorOf(error, shown);
  });
  if (found === undefined) throw damaged(shown, 'the row of identity is missing');
  if (!UUID.test(found.storeId)) throw damaged(shown, 'its id is no UUID');
  checkIdentity(found, { storeId, schemaVersion: versionOf(steps) });
  const wrapped = await run(client, selectKeys());
  const ofStore = { storeId: found.storeId, keys, wrapped, place: { database: shown } };
  const ring = openRing({ ...ofStore, damaged: (...problem) => damaged(shown, ...problem) }, log);
  const isKnown = verdictOn(found, met, undefined) === 'same';
  if (!isKnown && mayBeNext(found, met) && mayWait()) {
    throw new UnsettledError('another Postgres has taken over; a server that runs may know it');
  }
  const raised = await raiseTables(client, found, steps);
  if (isKnown) return { identity: raised, ring, timeline: notedLast(found) };
  return { ...(await sinceLastTime(client, raised, met, log)), ring };
}

/** Another server may have gone on from commits before the last ones that the store had shown. */
async function sinceLastTime(
  client: pg.Client,
  identity: Identity,
  met: MetTimeline,
  log: BaseLogger,
): Promise<Omit<FoundStore, 'ring'>> {
  const found = await lockIdentity(client);
  if (found === undefined) throw new Error('the row of identity is missing');
  const verdict = verdictOn(found, met, undefined);
  if (verdict === 'same') return { identity, timeline: notedLast(found) };
  const { timeline } = met;
  const says = 'another Postgres has taken over since, and may lack commits: a new incarnation';
  log.warn({ timeline, timelines: found.timelines, revision: found.revision }, says);
  const { incarnation, timelines } = await note(client, found, met, verdict);
  return { identity: { ...identity, incarnation }, timeline: notedLast({ timelines }) };
}
