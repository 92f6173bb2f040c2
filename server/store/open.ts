// Opens a store: lock, look, check, and only then write. Whatever is wrong stops the start with a
// code.
// Next: `sqlite.ts` serves it.
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BaseLogger } from 'pino';
import { limits } from '../limits.ts';
import type { SealingKey } from '../sealing/key-file.ts';
import type { KeyRing, WrappedKey } from '../sealing/key-ring.ts';
import { findSealingKeys, sealingKeyPath } from '../sealing/key-source.ts';
import { Sealer } from '../sealing/sealer.ts';
import { type Connection, connect, inspect, makeDurable, openSame } from './connection.ts';
import { createWhereNone, fill } from './create.ts';
import { damaged, diskFull, mayOnlyBeRead, orDamaged, startErrorOf } from './failures.ts';
import { checkIdentity, type Identity, readIdentity, storeIdBytes } from './identity.ts';
import { type Journal, readJournal } from './journal.ts';
import { followKeyFile } from './key-change.ts';
import { resolveLocation } from './location.ts';
import { takeLock } from './lock.ts';
import { expectWholeLog } from './log-frames.ts';
import { migrate, migrations, versionOf } from './migrate.ts';
import { openHere, openSides } from './open-sides.ts';
import { openRing } from './opened-ring.ts';
import { OpenedStore } from './opened-store.ts';
import { Reserve } from './reserve.ts';
import { SqliteEngine, type SqliteParts } from './sqlite.ts';
import { readKeys } from './statements.ts';
import type { Store } from './store.ts';
import { Writer } from './writer.ts';

export interface StoreOptions {
  /** A path, or `:memory:`. */
  readonly location: string;
  readonly storeId?: string | undefined;
  readonly sealingKeyFile?: string | undefined;
  /** The journal to use instead of the one that the file system asks for. */
  readonly journal?: Journal;
}

type FileOptions = Required<Omit<StoreOptions, 'journal'>> & { readonly journal: Journal };

const MEMORY = ':memory:';

/**
 * Opens the store, or makes a new one where there is nothing; waits while another process holds it.
 * Rejects with StartError, or with an AbortError once `signal` says so.
 */
export async function openStore(
  options: StoreOptions,
  log: BaseLogger,
  signal: AbortSignal,
): Promise<Store> {
  const { storeId, sealingKeyFile } = options;
  if (options.location === MEMORY) return openMemory(options, log);
  const location = await resolveLocation(options.location);
  const journal = options.journal ?? (await readJournal(dirname(location)));
  const lock = await takeLock(location, { log, signal });
  try {
    return await openFile({ location, journal, storeId, sealingKeyFile }, log, lock.release);
  } catch (error) {
    lock.release();
    throw startErrorOf(error, location);
  }
}

async function openMemory(options: StoreOptions, log: BaseLogger): Promise<Store> {
  const file = options.sealingKeyFile;
  const keys = await findSealingKeys({ file, location: MEMORY, isNewStore: true }, log);
  const db = connect(MEMORY);
  makeDurable(db, 'memory');
  const { identity, ring } = fill(db, options.storeId, keys);
  const reconnect = (): Connection => {
    throw new Error('a store in memory cannot be opened again');
  };
  const info = infoOf(identity, { mode: 'memory' });
  const sealer = new Sealer(storeIdBytes(identity.storeId), ring);
  const sides = openHere(new Writer({ db, reconnect, sealer, log }));
  const keyFile = { path: sealingKeyPath({ file, location: MEMORY }), keys, ring };
  const writer = followKeyFile(sides.writer, keyFile, log);
  return opened({ ...sides, writer, sealer, info, release: () => {} });
}

const opened = (parts: SqliteParts): Store => new OpenedStore(new SqliteEngine(parts));

/** Nothing is written before the identity and the keys are known to be right. */
async function openFile(
  options: FileOptions,
  log: BaseLogger,
  release: () => void,
): Promise<Store> {
  const { location, journal } = options;
  const reserve = new Reserve(location, log);
  const wantsRoom = (error: unknown) => reserve.mayMend(error);
  if (!reserve.hasRoomToOpen()) throw diskFull(location);
  await createWhereNone(options, log);
  await expectWritable(location);
  expectWholeLog(location);
  const look = (db: Connection) => ({
    identity: identityIn(db, options),
    wrapped: orDamaged(location, () => readKeys(db)),
  });
  const looked = reserve.spendOn(wantsRoom, () => inspect(location, look));
  const { identity: found, wrapped } = looked;
  const { ring, keys } = await openKeys(options, found, wrapped, log);
  const db = reserve.spendOn(wantsRoom, () =>
    openSame(location, journal.mode, found, limits.storeOpenBusyMs),
  );
  try {
    const identity = migrate(db, found);
    const sealer = new Sealer(storeIdBytes(identity.storeId), ring);
    const settings = { location, journalMode: journal.mode, identity, keys };
    const sides = await openSides(settings, db, { ring, log });
    const path = sealingKeyPath({ file: options.sealingKeyFile, location });
    const writer = followKeyFile(sides.writer, { path, keys, ring }, log);
    logOpened(log, location, journal);
    const info = infoOf(identity, journal);
    return opened({ ...sides, writer, sealer, info, release });
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Asked first, since SQLite gives the log that it makes the rights of the database. */
async function expectWritable(location: string): Promise<void> {
  await access(location, constants.R_OK | constants.W_OK).catch((error: unknown) => {
    throw mayOnlyBeRead(location, error);
  });
}

function identityIn(db: Connection, { location, storeId }: FileOptions): Identity {
  const found = readIdentity(db, location);
  checkIdentity(found, { storeId, schemaVersion: versionOf(migrations) });
  return found;
}

async function openKeys(
  { location, sealingKeyFile: file }: FileOptions,
  { storeId }: Identity,
  wrapped: readonly WrappedKey[],
  log: BaseLogger,
): Promise<{ ring: KeyRing; keys: SealingKey[] }> {
  const keys = await findSealingKeys({ file, location, isNewStore: false }, log);
  const parts = { storeId, keys, wrapped, place: { location } };
  const ring = openRing({ ...parts, damaged: (...problem) => damaged(location, ...problem) }, log);
  return { ring, keys };
}

const infoOf = ({ storeId, incarnation, schemaVersion }: Identity, { mode }: Journal) => ({
  engine: 'sqlite' as const,
  storeId,
  incarnation,
  schemaVersion,
  journalMode: mode,
});

function logOpened(log: BaseLogger, location: string, { mode, networkFileSystem }: Journal): void {
  const fields = { location, journalMode: mode };
  if (networkFileSystem === undefined) log.info(fields, 'the store is open');
  else
    log.warn(fields, `the store is open on ${networkFileSystem}: rollback journal instead of WAL`);
}
