// The rotation of keys in SQLite, a step at a time, each with one commit at most: it may end after
// any of them, and whoever opens the store next goes on from what is stored.
// Next: `../sealing/rotation.ts` says what is to be done, `writer.ts` runs the steps.
import type { BaseLogger } from 'pino';
import { limits } from '../limits.ts';
import type { SealingKey } from '../sealing/key-file.ts';
import {
  keyPlan,
  type PassRow,
  ResealPass,
  type RotationProgress,
  type StoredKey,
} from '../sealing/rotation.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { isDamage } from './failures.ts';
import {
  entryFinder,
  type FoundEntry,
  forgetKeys,
  resealEntries,
  rewrapKeys,
  rowsAfter,
} from './rotation-statements.ts';
import type { Session } from './session.ts';
import { keyKeeper, readStoredKeys } from './statements.ts';

const BOUNDS = { rows: limits.rotationRowsMax, bytes: limits.rotationBytesMax };

export class RotationSteps {
  readonly #sealer: Sealer;
  readonly #log: Pick<BaseLogger, 'info' | 'error'>;
  /** Keys that do not open. */
  readonly #damagedKeys = new Set<number>();
  #session: Session | undefined;
  #pass: ResealPass<number> | undefined;
  #isOver = false;

  constructor(sealer: Sealer, log: Pick<BaseLogger, 'info' | 'error'>) {
    this.#sealer = sealer;
    this.#log = log;
  }

  get progress(): RotationProgress {
    const { seen = 0, damaged = 0 } = this.#pass ?? {};
    return { seen, damaged, isOver: this.#isOver };
  }

  /** Takes the keys of the file as it is now, and begins anew. */
  useKeys(keys: readonly SealingKey[]): void {
    this.#sealer.ring.useKeks(keys);
    this.#restart();
  }

  /** Makes one step; whether another one is to follow. */
  next(session: Session): boolean {
    // after a failure of the disk it is another one, and nothing that was seen is trusted
    if (session !== this.#session) this.#restart();
    this.#session = session;
    if (this.#isOver) return false;
    this.#pass ??= this.#beginPass(session);
    if (this.#pass !== undefined) this.#isOver = this.#walk(session, this.#pass);
    return !this.#isOver;
  }

  #restart(): void {
    this.#pass = undefined;
    this.#damagedKeys.clear();
    this.#isOver = false;
  }

  /** Wraps some keys; once none is left, the walk over the entries can begin. */
  #beginPass(session: Session): ResealPass<number> | undefined {
    const { ring } = this.#sealer;
    const { toWrap, outdatedIds } = keyPlan(readStoredKeys(session.db), ring.sealingKekId);
    const left = toWrap.filter(({ id }) => !this.#damagedKeys.has(id));
    if (left.length > 0) {
      const rewrapped = left.slice(0, limits.rotationKeysMax).flatMap((key) => this.#rewrap(key));
      if (rewrapped.length > 0) session.transact(() => rewrapKeys(session.db, rewrapped));
      return undefined;
    }
    this.#tellUnneeded(toWrap);
    return new ResealPass(outdatedIds);
  }

  #rewrap(key: StoredKey): StoredKey[] {
    try {
      return [this.#sealer.ring.rewrap(key)];
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      this.#damagedKeys.add(key.id);
      const says = 'a key is damaged, so it stays as it is; the key that wraps it must stay too';
      this.#log.error({ keyId: key.id, sealingKeyId: key.kekId }, says);
      return [];
    }
  }

  #tellUnneeded(stillWrapped: readonly StoredKey[]): void {
    const { kekIds, sealingKekId } = this.#sealer.ring;
    const needed = new Set([sealingKekId, ...stillWrapped.map(({ kekId }) => kekId)]);
    const sealingKeyIds = kekIds.filter((id) => !needed.has(id));
    if (sealingKeyIds.length === 0) return;
    const says = 'the store needs these sealing keys no longer: their lines may be removed';
    this.#log.info({ sealingKeyIds }, says);
  }

  /** Seals some entries anew; whether the walk is over. */
  #walk(session: Session, pass: ResealPass<number>): boolean {
    if (pass.hasNothingToDo) return true;
    const rows = rowsAfter(session.db, pass.after ?? 0, limits.rotationLookMax);
    if (rows.length === 0) {
      this.#end(session, pass);
      return true;
    }
    const step = pass.stepOf(rows, BOUNDS);
    pass.done(step, step.outdated.length === 0 ? [] : this.#reseal(session, step.outdated));
    return false;
  }

  /** Gives the rows that are damaged. */
  #reseal(session: Session, rows: readonly PassRow<number>[]): PassRow<number>[] {
    // before the transaction, which a new data key must outlive
    const key = this.#sealer.keyForEntries(rows.length, keyKeeper(session.db));
    const find = entryFinder(session.db);
    const damaged: PassRow<number>[] = [];
    const resealed = rows.flatMap((row): FoundEntry[] => {
      try {
        const entry = find(row.place);
        return entry === undefined ? [] : [this.#sealer.reseal(entry, key)];
      } catch (error) {
        if (!(error instanceof SealBrokenError) && !isDamage(error)) throw error;
        damaged.push(row);
        return [];
      }
    });
    if (resealed.length > 0) session.transact(() => resealEntries(session.db, resealed));
    return damaged;
  }

  #end(session: Session, pass: ResealPass<number>): void {
    const { seen, damaged } = pass;
    const dataKeyIds = pass.unusedIds();
    forgetKeys(session.db, dataKeyIds);
    if (damaged > 0) {
      const says = 'entries are damaged, so they stay sealed with an old data key';
      this.#log.error({ damaged }, says);
    }
    const says = 'all entries are sealed with data keys made under the first sealing key';
    this.#log.info({ entries: seen - damaged, forgottenDataKeyIds: dataKeyIds }, says);
  }
}
