// The rotation of keys on Postgres, a step at a time, each a transaction of its own: one replica
// walks over the entries, and whoever comes after it goes on from what is stored. What may be
// removed at the end is told in server/DESIGN.md.
// Next: `wrap-anew.ts` for the keys, `../../sealing/rotation.ts` says what is to be done.
import type { BaseLogger } from 'pino';
import { limits } from '../../limits.ts';
import type { SealingKey } from '../../sealing/key-file.ts';
import { ResealPass, type RotationProgress, type StoredKey } from '../../sealing/rotation.ts';
import type { Sealer } from '../../sealing/sealer.ts';
import { isDamage } from './failures.ts';
import { forgetKeys, selectKeys, selectWrappedLookupKey } from './key-statements.ts';
import { takeNew } from './keys.ts';
import type { Transaction } from './own-transaction.ts';
import { type PlacedRow, resealRows } from './reseal.ts';
import { giveRotationLockBack, selectRowsAfter, tryRotationLock } from './rotation-statements.ts';
import type { Target } from './statements.ts';
import { dueIds, lookupKeyOf, takeKeys, wrapAnew } from './wrap-anew.ts';
import type { PostgresWriter } from './writer.ts';

export interface RotationParts {
  readonly sealer: Sealer;
  readonly writer: Pick<PostgresWriter, 'transact'>;
  /** What was read of the key file at the start. */
  readonly keys: readonly SealingKey[];
  readonly log: BaseLogger;
}

/**
 * What is to come: another step; a try soon, since another replica rotates; one later, since the
 * file of another one is behind; or nothing that is known of.
 */
export type Next = 'more' | 'busy' | 'behind' | 'over';

/** A walk over all entries, as long as what it goes by stays. */
interface Walk {
  readonly pass: ResealPass<Target>;
  /** The connection on which it began: another server may be behind. */
  readonly session: object;
  /** The lookup key as it was wrapped then: other bytes mean that keys have changed sides. */
  readonly wrapped: Uint8Array;
}

const BOUNDS = { rows: limits.rotationRowsMax, bytes: limits.rotationBytesMax };

export class RotationSteps {
  readonly #parts: RotationParts;
  /** The keys of the file that count. */
  #taken: readonly SealingKey[];
  /** Keys of the file that the store has not been wrapped by yet. */
  #untaken: readonly SealingKey[] | undefined;
  #walk: Walk | undefined;
  #damaged = 0;
  /** Keys that a walk has left, since what is damaged may need them. */
  #settled: ReadonlySet<number> = new Set();
  /** Keys that this file does not open: another replica makes them whose file is behind. */
  #beyond: ReadonlySet<number> = new Set();
  /** The lookup key as it was wrapped when those two were found. */
  #wrapped: Uint8Array = Buffer.of();
  /** The connection that has the lock by which one replica at a time rotates. */
  #lockedSession: object | undefined;

  constructor(parts: RotationParts) {
    this.#parts = parts;
    this.#taken = parts.keys;
    this.#untaken = parts.keys;
  }

  /** `stored`: the keys of the store. */
  progress(stored: readonly StoredKey[]): RotationProgress {
    const { seen = 0, damaged = this.#damaged } = this.#walk?.pass ?? {};
    const due = dueIds(stored, this.#parts.sealer.ring);
    return { seen, damaged, isOver: due.every((id) => this.#settled.has(id)) };
  }

  /**
   * Takes the keys of the file as it is now, and begins anew. Throws KeyNotInFileError where keys
   * of the store are wrapped by one that is not among them: then the old ones stay.
   */
  async useKeys(keys: readonly SealingKey[]): Promise<void> {
    const { writer, sealer, log } = this.#parts;
    try {
      await writer.transact((transaction) => takeKeys(transaction, sealer.ring, keys, log));
    } catch (error) {
      // or new data keys would be wrapped by one that nobody has been told is in use
      sealer.ring.useKeks(this.#taken);
      throw error;
    }
    this.#taken = keys;
    this.#untaken = undefined;
    this.#forget();
  }

  #forget(): void {
    this.#walk = undefined;
    this.#damaged = 0;
    this.#settled = new Set();
    this.#beyond = new Set();
  }

  /** Makes one step. Rejects with any error; then the next one is to come later. */
  async next(): Promise<Next> {
    if (this.#untaken !== undefined) await this.useKeys(this.#untaken);
    const { writer } = this.#parts;
    const walk = this.#walk;
    if (walk !== undefined) {
      const gone = await this.#go(walk);
      if (gone === 'on') return 'more';
      if (this.#walk === walk) this.#walk = undefined;
      return gone === 'off' ? 'more' : writer.transact((transaction) => this.#rest(transaction));
    }
    const begun = await writer.transact((transaction) => this.#begin(transaction));
    if (typeof begun === 'string') return begun;
    this.#walk = begun;
    return 'more';
  }

  async #begin(transaction: Transaction): Promise<Walk | 'busy' | 'over'> {
    const { ask, session, lock } = transaction;
    const { sealer, log } = this.#parts;
    // without a lock: most looks find nothing to do
    if (!this.#isDue(await ask(selectKeys()))) return this.#giveBack(transaction);
    if (!(await this.#isOurTurn(transaction))) return 'busy';
    await lock();
    const found = await ask(selectKeys());
    if (!this.#isDue(found)) return this.#giveBack(transaction);
    const stored = await wrapAnew(transaction, sealer.ring, found, log);
    const due = dueIds(stored, sealer.ring);
    // only what is retired goes: with all others somebody may seal at any time
    const retired = stored.filter(({ kekId, madeUnder }) => kekId !== madeUnder);
    const retiredIds = new Set(retired.map(({ id }) => id));
    const pass = new ResealPass<Target>(new Set(due.filter((id) => retiredIds.has(id))));
    this.#beyond = new Set(due.filter((id) => !retiredIds.has(id)));
    if (pass.hasNothingToDo) return this.#giveBack(transaction);
    // what else there is may be closed to this file, and is not what is sealed anew
    takeNew(sealer.ring, stored);
    return { pass, session, wrapped: lookupKeyOf(stored).wrapped };
  }

  /** A replica whose file is behind may have made another key; it is not to make one each walk. */
  async #rest(transaction: Transaction): Promise<'behind' | 'over'> {
    const isDue = this.#isDue(await transaction.ask(selectKeys()));
    await this.#giveBack(transaction);
    return isDue ? 'behind' : 'over';
  }

  /** Another replica whose file begins otherwise may have wrapped the keys since ours was taken. */
  #isDue(stored: readonly StoredKey[]): boolean {
    const { ring } = this.#parts.sealer;
    const { kekId, wrapped } = lookupKeyOf(stored);
    if (!areSame(wrapped, this.#wrapped)) this.#forget();
    this.#wrapped = wrapped;
    if (kekId !== ring.sealingKekId) return false;
    return dueIds(stored, ring).some((id) => !this.#settled.has(id) && !this.#beyond.has(id));
  }

  async #isOurTurn({ ask, session }: Transaction): Promise<boolean> {
    if (this.#lockedSession === session) return true;
    const [row] = await ask(tryRotationLock());
    if (row?.isOurs !== true) return false;
    this.#lockedSession = session;
    return true;
  }

  async #giveBack({ ask, session }: Transaction): Promise<'over'> {
    if (this.#lockedSession === session) await ask(giveRotationLockBack());
    this.#lockedSession = undefined;
    return 'over';
  }

  /** Gets past some rows; `off`: what the walk goes by is no longer so. */
  async #go(walk: Walk): Promise<'on' | 'off' | 'ended'> {
    const { pass } = walk;
    const next = selectRowsAfter(pass.after, limits.rotationLookMax);
    const rows = await this.#parts.writer.transact(({ ask }) => ask(next));
    if (rows.length === 0) return this.#end(walk);
    const step = pass.stepOf(
      rows.map((row) => ({ ...row, place: row })),
      BOUNDS,
    );
    const damaged = step.outdated.length === 0 ? [] : await this.#reseal(walk, step.outdated);
    if (damaged === undefined) return 'off';
    pass.done(step, damaged);
    return 'on';
  }

  /** Gives the rows that are damaged; undefined where the walk is no longer good for anything. */
  async #reseal(walk: Walk, rows: readonly PlacedRow[]): Promise<readonly PlacedRow[] | undefined> {
    try {
      return await this.#parts.writer.transact(async (transaction) => {
        if (!(await isGood(walk, transaction))) return undefined;
        return resealRows(transaction, this.#parts.sealer, rows);
      });
    } catch (error) {
      if (!isDamage(error)) throw error;
      return rows.length === 1 ? rows : this.#resealOneByOne(walk, rows);
    }
  }

  async #resealOneByOne(walk: Walk, rows: readonly PlacedRow[]) {
    const damaged: PlacedRow[] = [];
    for (const row of rows) {
      const found = await this.#reseal(walk, [row]);
      if (found === undefined) return undefined;
      damaged.push(...found);
    }
    return damaged;
  }

  /** Nothing is under the retired keys now but what is damaged. */
  async #end(walk: Walk): Promise<'off' | 'ended'> {
    const { writer, log } = this.#parts;
    const { pass } = walk;
    const dataKeyIds = pass.unusedIds();
    const isDone = await writer.transact(async (transaction) => {
      if (!(await isGood(walk, transaction))) return false;
      await transaction.ask(forgetKeys(dataKeyIds));
      return true;
    });
    // meanwhile the file may have changed
    if (!isDone || this.#walk !== walk) return 'off';
    this.#settled = new Set([...this.#settled, ...pass.usedIds()]);
    this.#damaged = pass.damaged;
    if (pass.damaged > 0) {
      const says = 'entries are damaged, so they stay sealed with an old data key';
      log.error({ damaged: pass.damaged }, says);
    }
    const says = 'all entries are sealed with data keys made under the first sealing key';
    log.info({ entries: pass.seen - pass.damaged, forgottenDataKeyIds: dataKeyIds }, says);
    return 'ended';
  }
}

/** Whether what a walk goes by still holds, from now on until the transaction is over. */
async function isGood(walk: Walk, { ask, session, lock }: Transaction): Promise<boolean> {
  if (session !== walk.session) return false;
  await lock();
  const [found] = await ask(selectWrappedLookupKey());
  return found !== undefined && areSame(found.wrapped, walk.wrapped);
}

const areSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
