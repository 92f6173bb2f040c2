// A store on real files whose first connection the test holds as well, with a clock that it turns.
// Used by tests of what a failure of the disk leads to.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../../server/limits.ts';
import { findSealingKeys } from '../../../server/sealing/key-source.ts';
import { Sealer } from '../../../server/sealing/sealer.ts';
import {
  type Connection,
  connect,
  openDurable,
  openReading,
} from '../../../server/store/connection.ts';
import { fill } from '../../../server/store/create.ts';
import { readFileVitals } from '../../../server/store/file-vitals.ts';
import { storeIdBytes } from '../../../server/store/identity.ts';
import { OpenedStore } from '../../../server/store/opened-store.ts';
import { Reader } from '../../../server/store/reader.ts';
import { SqliteEngine } from '../../../server/store/sqlite.ts';
import type { JournalMode, Store } from '../../../server/store/store.ts';
import { Writer, type WriterParts } from '../../../server/store/writer.ts';
import { writeHere } from '../../../server/store/writer-link.ts';
import { type CapturedLog, capturedLog, silentLog } from './captured-log.ts';
import { tempFolder } from './temp-folder.ts';

export interface Opened extends CapturedLog {
  /** What its writer is made of. */
  readonly parts: WriterParts;
  readonly store: Store;
  /** The connection that the store began to write with. */
  readonly db: Connection;
  /** The connection that the store reads by. */
  readonly reader: Connection;
  readonly location: string;
  /** How often the store asked for a new connection. */
  readonly reconnects: () => number;
  /** Ends the pause between two tries to heal. */
  readonly passPause: () => void;
}

/** Opens such a store; healing fails as long as `refuse` says so. */
export async function openWithConnection(
  refuse: () => boolean = () => false,
  journalMode: JournalMode = 'wal',
): Promise<Opened> {
  const captured = capturedLog();
  const location = join(tempFolder(), 'dumbkv.db');
  writeFileSync(location, '');
  const keys = await findSealingKeys(
    { file: undefined, location: ':memory:', isNewStore: true },
    silentLog,
  );
  const empty = connect(location);
  const { identity, ring } = fill(empty, undefined, keys);
  empty.close();
  const durable = () => openDurable(location, journalMode, identity, limits.storeHealBusyMs);
  const db = durable();
  let reconnects = 0;
  const reconnect = () => {
    reconnects += 1;
    if (refuse()) throw new Error('the disk is still broken');
    return durable();
  };
  const sealer = new Sealer(storeIdBytes(identity.storeId), ring);
  const info = { engine: 'sqlite', journalMode, ...identity } as const;
  const clock = { nowMs: 0 };
  const { log } = captured;
  const reader = connect(location);
  let forget = () => {};
  const reopen = () => openReading(location, identity);
  const access = new Reader(reader, { reopen, renewed: () => forget() }, log);
  const healed = () => access.follow();
  const parts = { db, reconnect, sealer, log, healed, steadyNowMs: () => clock.nowMs };
  const writer = writeHere(new Writer(parts));
  const engine = new SqliteEngine({
    ...{ access, writer, sealer, info, release: () => {} },
    whenRenewed: (listener) => {
      forget = listener;
    },
    vitals: () => readFileVitals(2, location),
  });
  const store = new OpenedStore(engine);
  const passPause = () => {
    clock.nowMs += limits.storeHealPauseMs;
  };
  return {
    ...captured,
    parts,
    store,
    db,
    reader,
    location,
    reconnects: () => reconnects,
    passPause,
  };
}

/** Makes every write on this connection fail, in a way that tells nothing of what was kept. */
export function breakWrites(db: Connection): void {
  db.exec("CREATE TEMP TRIGGER broken BEFORE UPDATE ON store BEGIN SELECT RAISE(FAIL, 'no'); END");
}
