// Another connection after a failure of the disk, where another copy of the store may lie by now: a
// backup that was put there while the server ran.
// Next: back to `writer.ts`.
import { randomUUID } from 'node:crypto';
import { StartError } from '../errors.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { type Connection, orClose } from './connection.ts';
import { Session } from './session.ts';
import { readKeys } from './statements.ts';

export interface HealingParts {
  /** Makes another connection like the first one; throws if the disk does not bear it. */
  readonly reconnect: () => Connection;
  readonly sealer: Sealer;
}

/**
 * A session that goes on where `old` was, with the keys that the store holds now. Throws
 * DKV_STORE_REPLACED where the store is an older copy: revisions that were shown would come again
 * for other values. That copy is a new incarnation then, and a new start goes on with it.
 */
export function renewedSession(old: Session, { reconnect, sealer }: HealingParts): Session {
  const session = new Session(reconnect());
  return orClose(session.db, () => {
    if (session.revision < old.revision) throw replaced(session, old.revision);
    sealer.ring.reload(readKeys(session.db));
    return session;
  });
}

function replaced({ db, revision }: Session, knownRevision: number): StartError {
  db.prepare('UPDATE store SET incarnation = ? WHERE id = 1').run(randomUUID());
  return new StartError(
    'DKV_STORE_REPLACED',
    `The database ${db.name} is an older copy of the store, at revision ${revision}, while ` +
      `revision ${knownRevision} was served. It begins a new incarnation: start the server again.`,
  );
}

/** Whether a store can only go on in a new process. */
export const isReplaced = (error: unknown): error is StartError =>
  error instanceof StartError && error.code === 'DKV_STORE_REPLACED';
