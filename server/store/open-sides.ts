// The two sides of a store in a file, that which reads and that which writes: how they are opened,
// and how the one hears that the other has gone over to another connection.
// Next: `reader.ts` reads, `writer-link.ts` leads to the writer.
import type { BaseLogger } from 'pino';
import type { KeyRing, WrappedKey } from '../sealing/key-ring.ts';
import { type Connection, makeReading, openReading } from './connection.ts';
import { readFileVitals } from './file-vitals.ts';
import { openWriter } from './open-writer.ts';
import { Reader } from './reader.ts';
import type { SqliteParts } from './sqlite.ts';
import type { Writer } from './writer.ts';
import { writeHere, writeInThread } from './writer-link.ts';
import type { WriterSettings } from './writer-messages.ts';

type Sides = Pick<SqliteParts, 'access' | 'writer' | 'vitals' | 'whenRenewed'>;

export interface SidesParts {
  /** The keys of the side that reads. */
  readonly ring: KeyRing;
  readonly log: BaseLogger;
}

/** Reads and writes by one connection. */
export const openHere = (writer: Writer, location?: string): Sides => ({
  access: writer.access,
  writer: writeHere(writer),
  vitals: () => readFileVitals(1, location),
});

/**
 * In WAL mode reading has a connection of its own. With a rollback journal a commit keeps readers
 * out, so both go by one connection, and take turns.
 */
export async function openSides(
  settings: WriterSettings,
  db: Connection,
  { ring, log }: SidesParts,
): Promise<Sides> {
  const { location, identity, journalMode } = settings;
  let forget = (): void => {};
  const whenRenewed = (listener: () => void): void => {
    forget = listener;
  };
  const renewed = (wrapped: readonly WrappedKey[]): void => {
    forget();
    ring.reload(wrapped);
  };
  if (journalMode !== 'wal') {
    db.close();
    const healed = (): void => renewed(writer.access.keys());
    const writer = openWriter(settings, log, { healed, replaced: endProcess });
    return { ...openHere(writer, location), whenRenewed };
  }
  makeReading(db);
  const access = new Reader(db, { reopen: () => openReading(location, identity), renewed }, log);
  const healed = (): void => {
    // also where reading cannot follow at once
    forget();
    access.follow();
  };
  const writer = await writeInThread(settings, log, healed);
  return { access, writer, vitals: () => readFileVitals(2, location), whenRenewed };
}

/** By an error that nobody catches: it must not end one request alone. */
const endProcess = (error: unknown): void =>
  void setImmediate(() => {
    throw error;
  });
