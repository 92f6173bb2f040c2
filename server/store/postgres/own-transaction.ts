// A transaction that is no group: what the sweep and the rotation of keys do between two groups, on
// the connection that writes and under the same lock.
// Next: `sweep.ts` and `rotation-steps.ts` say what is done in it.
import type pg from 'pg';
import type { DataKey, WrappedKey } from '../../sealing/key-ring.ts';
import type { Sealer } from '../../sealing/sealer.ts';
import { isStatementError } from './failures.ts';
import { insertKey, nextKeyId, selectMaySeal } from './key-statements.ts';
import type { OwnKey } from './keys.ts';
import { checkServable, type ExpectedStore } from './same-store.ts';
import { isDurable, isSameSession, run } from './session.ts';
import {
  begin,
  commit,
  type LockedRow,
  lockStore,
  rollback,
  type Statement,
} from './statements.ts';

/** What can be done in it. */
export interface Transaction {
  readonly ask: <Row>(statement: Statement<Row>) => Promise<Row[]>;
  /** Another one for each connection: what was seen on one before may be there no longer. */
  readonly session: object;
  /** Takes the lock of the store, as each group does. */
  readonly lock: () => Promise<LockedRow>;
  /** The data key to seal so many entries with; to be called once, under that lock. */
  readonly keyForEntries: (count: number) => Promise<DataKey>;
}

export interface TransactionParts {
  readonly sealer: Sealer;
  readonly ownKey: OwnKey;
  readonly expected: ExpectedStore;
}

/**
 * Runs `work`, and commits. Rejects with any error; `drop` is called where the connection is of no
 * more use.
 */
export async function transacted<T>(
  client: pg.Client,
  parts: TransactionParts,
  work: (transaction: Transaction) => Promise<T>,
  drop: (error: unknown) => void,
): Promise<T> {
  const transaction = new OwnTransaction(client, parts);
  try {
    await transaction.ask(begin());
    const made = await work(transaction);
    await transaction.commit();
    return made;
  } catch (error) {
    if (transaction.isBroken || !(await isRolledBack(client))) drop(error);
    throw error;
  }
}

const isRolledBack = (client: pg.Client): Promise<boolean> =>
  run(client, rollback()).then(
    () => true,
    () => false,
  );

class OwnTransaction implements Transaction {
  readonly session: pg.Client;
  readonly #parts: TransactionParts;
  /** It is not known what Postgres makes of it. */
  isBroken = false;
  #kept: WrappedKey | undefined;

  constructor(client: pg.Client, parts: TransactionParts) {
    this.session = client;
    this.#parts = parts;
  }

  readonly ask = async <Row>(statement: Statement<Row>): Promise<Row[]> => {
    try {
      return await run(this.session, statement);
    } catch (error) {
      this.isBroken ||= !isStatementError(error);
      throw error;
    }
  };

  readonly lock = async (): Promise<LockedRow> => {
    const [locked] = await this.ask(lockStore());
    try {
      return checkedLock(locked, this.session, this.#parts.expected);
    } catch (error) {
      // another session may do
      this.isBroken = true;
      throw error;
    }
  };

  readonly keyForEntries = async (count: number): Promise<DataKey> => {
    const { sealer, ownKey } = this.#parts;
    const { keptId } = ownKey;
    if (keptId !== undefined) ownKey.see(await this.ask(selectMaySeal(keptId)));
    if (ownKey.id === undefined) ownKey.id = (await this.ask(nextKeyId()))[0]?.id;
    const key = sealer.keyForEntries(count, ownKey.keep);
    if (ownKey.unsaved !== undefined) await this.ask(insertKey(ownKey.unsaved));
    this.#kept = ownKey.unsaved;
    return key;
  };

  async commit(): Promise<void> {
    this.isBroken = true;
    const { command } = await this.session.query(commit().config);
    if (command !== 'COMMIT') throw new Error(`Postgres did not commit: it says ${command}`);
    this.isBroken = false;
    this.#parts.ownKey.saved(this.#kept);
  }
}

/** What the lock gives, where this process may write, and a commit is on disk when it returns. */
export function checkedLock(
  locked: LockedRow | undefined,
  client: pg.ClientBase,
  expected: ExpectedStore,
): LockedRow {
  if (locked === undefined) throw new Error('the row of identity is missing');
  if (!isSameSession(client, locked.backend)) {
    throw new Error('a pooler in between has handed on another session than that of the set-up');
  }
  if (!isDurable(locked.synchronousCommit)) throw new Error('synchronous_commit is not on');
  checkServable(locked, expected);
  return locked;
}
