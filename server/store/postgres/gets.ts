// Reads of single entries: those that come while others are under way share a statement, which
// costs Postgres and this process little more than one of them alone.
// Next: `pool.ts` runs it.
import { busy, ReplyError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { ValueRow } from '../statements.ts';
import type { Pool } from './pool.ts';
import { type FoundRow, selectEntries, type Target } from './statements.ts';

type Found = ValueRow | undefined;

interface Waiting extends Target {
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

const isDamaged = (error: unknown): boolean =>
  error instanceof ReplyError && error.code === 'DKV_ENTRY_UNREADABLE';

export class Gets {
  readonly #pool: Pick<Pool, 'read'>;
  #waiting: Waiting[] = [];
  #running = 0;
  #isPlanned = false;

  constructor(pool: Pick<Pool, 'read'>) {
    this.#pool = pool;
  }

  /** The entry that is there, if there is one. Rejects with ReplyError. */
  get(target: Target): Promise<Found> {
    if (this.#waiting.length >= limits.readsWaitingMax) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...target, resolve, reject });
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#isPlanned || this.#running >= limits.getStatementsMax) return;
    this.#isPlanned = true;
    // what else comes with this turn of the event loop joins
    setImmediate(() => {
      this.#isPlanned = false;
      const some = this.#waiting.splice(0, limits.getsPerStatementMax);
      this.#running += 1;
      void this.#run(some).then(() => {
        this.#running -= 1;
        if (this.#waiting.length > 0) this.#plan();
      });
      if (this.#waiting.length > 0) this.#plan();
    });
  }

  async #run(some: readonly Waiting[]): Promise<void> {
    try {
      const rows = await this.#pool.read(selectEntries(some, limits.sharedValueBytesMax));
      const found = new Map(rows.map((row) => [row.at, row]));
      for (const [at, waiting] of some.entries()) this.#answer(waiting, found.get(at + 1));
    } catch (error) {
      if (some.length > 1 && isDamaged(error)) await this.#runInHalves(some);
      else for (const { reject } of some) reject(error);
    }
  }

  /** What is damaged fails a statement as a whole: who asks for something else is not to pay. */
  async #runInHalves(some: readonly Waiting[]): Promise<void> {
    const half = Math.ceil(some.length / 2);
    await this.#run(some.slice(0, half));
    await this.#run(some.slice(half));
  }

  #answer({ database, lookup, resolve, reject }: Waiting, row: FoundRow | undefined): void {
    if (row === undefined || row.value !== null) resolve(row as Found);
    // long values come one by one, so that few of them are in memory at a time
    else this.#getLong({ database, lookup }).then(resolve, reject);
  }

  async #getLong(target: Target): Promise<Found> {
    const [row] = await this.#pool.read(selectEntries([target], limits.storedValueBytesMax));
    return row as Found;
  }
}
