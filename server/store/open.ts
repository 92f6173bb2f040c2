// Opens a store: lock, look, check, and only then write. Whatever is wrong stops the start with a
// code.
// Next: `sqlite.ts` serves it.
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../errors.ts';
import { KeyNotInFileError, KeyRing } from '../sealing/key-ring.ts';
import { findSealingKeys, syncFolder } from '../sealing/key-source.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import { Sealer } from '../sealing/sealer.ts';
import { type Connection, connect, makeDurable } from './connection.ts';
import { checkIdentity, type Identity, readIdentity } from './identity.ts';
import { type Journal, readJournal } from './journal.ts';
import { resolveLocation } from './location.ts';
import { takeLock } from './lock.ts';
import { createSchema, migrate, migrations, versionOf } from './migrate.ts';
import { SqliteStore } from './sqlite.ts';
import { keyKeeper, readKeys } from './statements.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  /** A path, or `:memory:`. */
  readonly location: string;
  readonly storeId?: string | undefined;
  readonly sealingKeyFile?: string | undefined;
  /** The journal to use instead of the one that the file system asks for. */
  readonly journal?: Journal;
}

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
  if (options.location === MEMORY) {
    return openUnlocked({ ...options, journal: { mode: 'memory' } }, log, () => {});
  }
  const location = await resolveLocation(options.location);
  const journal = options.journal ?? (await readJournal(dirname(location)));
  const lock = await takeLock(location, { log, signal });
  try {
    await createFile(location);
    return await openUnlocked({ ...options, location, journal }, log, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openUnlocked(
  options: StoreOptions & { readonly journal: Journal },
  log: BaseLogger,
  release: () => void,
): Promise<Store> {
  const { location, journal } = options;
  const db = connect(location);
  try {
    const { identity, sealer } = await prepareStore(db, options, log);
    const reconnect = () => reopen(location, journal);
    const info = infoOf(identity, journal);
    logOpened(log, location, journal);
    return new SqliteStore({ db, reconnect, sealer, info, log, release });
  } catch (error) {
    db.close();
    if (!(error instanceof Database.SqliteError)) throw error;
    throw new StartError(
      'DKV_STORE_OPEN_FAILED',
      `The database ${location} cannot be used: ${messageOf(error)}.`,
      error,
    );
  }
}

/** Nothing is written before the identity and the keys are known to be right. */
async function prepareStore(
  db: Connection,
  { location, storeId, sealingKeyFile, journal }: StoreOptions & { readonly journal: Journal },
  log: BaseLogger,
): Promise<{ identity: Identity; sealer: Sealer }> {
  const found = readIdentity(db, location);
  if (found !== undefined) checkIdentity(found, { storeId, schemaVersion: versionOf(migrations) });
  const isNewStore = found === undefined;
  const keys = await findSealingKeys({ file: sealingKeyFile, location, isNewStore }, log);
  const names = found ?? { storeId: storeId ?? randomUUID(), incarnation: randomUUID() };
  const ring = new KeyRing(uuidBytes(names.storeId), keys);
  if (!isNewStore) loadKeys(db, ring);
  makeDurable(db, journal.mode);
  const first = found ?? createSchema(db, names, () => ring.createLookupKey(keyKeeper(db)));
  const identity = migrate(db, first);
  return { identity, sealer: new Sealer(uuidBytes(identity.storeId), ring) };
}

function loadKeys(db: Connection, ring: KeyRing): void {
  try {
    ring.load(readKeys(db));
  } catch (error) {
    if (!(error instanceof KeyNotInFileError) && !(error instanceof SealBrokenError)) throw error;
    throw new StartError(
      'DKV_SEALING_KEY_WRONG',
      `The sealing key file does not open this store: ${messageOf(error)}. ` +
        'Give it the key file it was made with. Nothing was written.',
      error,
    );
  }
}

function reopen(location: string, journal: Journal): Connection {
  if (location === MEMORY) throw new Error('a store in memory cannot be opened again');
  const db = connect(location);
  try {
    makeDurable(db, journal.mode);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Makes an empty file and puts its name on disk. Before SQLite opens it: closing a file descriptor
 * of our own later would drop the locks that SQLite holds on the same file.
 */
async function createFile(location: string): Promise<void> {
  try {
    const file = await open(location, 'wx', 0o600);
    await file.sync();
    await file.close();
    await syncFolder(dirname(location));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new StartError(
      'DKV_STORE_OPEN_FAILED',
      `The database ${location} cannot be made: ${messageOf(error)}.`,
      error,
    );
  }
}

const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

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
