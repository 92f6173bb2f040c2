// A new store, made where there is none: whole or not at all, whenever the power goes.
// Next: `open.ts` opens it like every other.
import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../errors.ts';
import type { SealingKey } from '../sealing/key-file.ts';
import { KeyRing } from '../sealing/key-ring.ts';
import { findSealingKeys, syncFolder } from '../sealing/key-source.ts';
import { type Connection, connect, makeDurable } from './connection.ts';
import { damaged } from './failures.ts';
import { type Identity, storeIdBytes } from './identity.ts';
import { expectNeverMade } from './made-mark.ts';
import { createSchema } from './migrate.ts';
import { keyKeeper } from './statements.ts';

export interface NewStore {
  readonly location: string;
  readonly storeId: string | undefined;
  readonly sealingKeyFile: string | undefined;
}

/** What SQLite keeps beside a database, by the ends of the names. */
const JOURNALS = ['-wal', '-journal'];

/**
 * Makes a store if there is no file at `location`. Since a store comes into being whole, an empty
 * file, or a log without its database, is one that has lost its data: DKV_STORE_CORRUPT. Where it
 * is known to have been made before: DKV_STORE_MISSING.
 */
export async function createWhereNone(wanted: NewStore, log: BaseLogger): Promise<void> {
  const { location } = wanted;
  const size = await sizeOf(location);
  if (size === 0) throw damaged(location, 'it is empty. If it never held data, remove it');
  if (size !== undefined) return;
  for (const name of JOURNALS.map((end) => `${location}${end}`)) {
    if (((await sizeOf(name)) ?? 0) === 0) continue;
    throw damaged(location, `it is gone, but ${name} is there and may hold data of it`);
  }
  await expectNeverMade(wanted.sealingKeyFile, location);
  await create(wanted, log);
}

async function create({ location, storeId, sealingKeyFile }: NewStore, log: BaseLogger) {
  const source = { file: sealingKeyFile, location, isNewStore: true };
  const keys = await findSealingKeys(source, log);
  const draft = `${location}.new`;
  try {
    await rm(draft, { force: true });
    await (await open(draft, 'wx', 0o600)).close();
    fillDraft(draft, storeId, keys);
    await rename(draft, location);
    await syncFolder(dirname(location));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw new StartError(
      'DKV_STORE_OPEN_FAILED',
      `The database ${location} cannot be made: ${messageOf(error)}.`,
      error,
    );
  }
  log.info({ location }, 'made a new store');
}

/** A draft that is not finished is thrown away, so it needs no journal on disk. */
function fillDraft(draft: string, storeId: string | undefined, keys: readonly SealingKey[]): void {
  const db = connect(draft);
  try {
    makeDurable(db, 'memory');
    fill(db, storeId, keys);
  } finally {
    db.close();
  }
}

/** Makes tables, identity and lookup key in an empty database, in one transaction. */
export function fill(
  db: Connection,
  storeId: string = randomUUID(),
  keys: readonly SealingKey[],
): { identity: Identity; ring: KeyRing } {
  const ring = new KeyRing(storeIdBytes(storeId), keys);
  const names = { storeId, incarnation: randomUUID() };
  const identity = createSchema(db, names, () => ring.createLookupKey(keyKeeper(db)));
  return { identity, ring };
}

const sizeOf = async (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
