// Opens the writer of a store that has been locked and looked at: a connection that proves itself,
// with the reserve for a full disk.
// Next: `writer.ts`.
import type { BaseLogger } from 'pino';
import { limits } from '../limits.ts';
import { KeyRing } from '../sealing/key-ring.ts';
import { Sealer } from '../sealing/sealer.ts';
import { openDurable } from './connection.ts';
import { storeIdBytes } from './identity.ts';
import { Reserve } from './reserve.ts';
import { readKeys } from './statements.ts';
import { Writer, type WriterParts } from './writer.ts';
import type { WriterSettings } from './writer-messages.ts';

/** Throws StartError, SqliteError or what the file system says. */
export function openWriter(
  { location, journalMode, identity, keys }: WriterSettings,
  log: Pick<BaseLogger, 'info' | 'warn' | 'error'>,
  told: Pick<WriterParts, 'healed' | 'replaced'>,
): Writer {
  const reserve = new Reserve(location, log);
  const open = (busyMs: number) =>
    reserve.spendOn(
      (error) => reserve.mayMend(error),
      () => openDurable(location, journalMode, identity, busyMs),
    );
  const db = open(limits.storeOpenBusyMs);
  const storeId = storeIdBytes(identity.storeId);
  const ring = new KeyRing(storeId, keys);
  ring.load(readKeys(db));
  reserve.restore();
  const reconnect = () => open(limits.storeHealBusyMs);
  return new Writer({ db, reconnect, sealer: new Sealer(storeId, ring), reserve, log, ...told });
}
