// Group commit: batches that come while a commit is under way share the next one, and with it one
// sync of the disk. Each is answered when its own commit is on disk.
// Next: `writer-link.ts` hands a group to the writer of SQLite, `postgres-writer.ts` is the other.
import { busy } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Batch, errorOf, isFailure, type Outcome, type WriteResult } from './change.ts';
import { encodedBytesMax } from './change-codec.ts';

/** Where groups are made durable. Rejects only if it is unknown what became of a whole group. */
export interface GroupWriter {
  /** One outcome for each batch; a batch is made all or not at all, whatever becomes of others. */
  commit(batches: readonly Batch[]): Promise<readonly Outcome[]>;
  /** Resolves if changes can be made; heals the writer first where that is possible. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Told how many batches each commit had. */
export type GroupObserver = (batches: number) => void;

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #writer: GroupWriter;
  readonly #observe: GroupObserver;
  readonly #waiting: Waiting[] = [];
  /** The groups under way and planned, one after the other. */
  #turn: Promise<void> | undefined;

  constructor(writer: GroupWriter, observe: GroupObserver = () => {}) {
    this.#writer = writer;
    this.#observe = observe;
  }

  /** How many batches wait for their commit to begin. */
  get depth(): number {
    return this.#waiting.length;
  }

  /** Resolves once the batch is on disk, or once it is known that it cannot be made. */
  submit(batch: Batch): Promise<WriteResult> {
    if (this.depth >= limits.writesWaitingMax) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#turn ??= this.#commitAll();
    });
  }

  /** Lets what waits be committed, then closes the writer. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#writer.close();
  }

  async #commitAll(): Promise<void> {
    // what else came with this turn of the event loop joins the first group
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      await this.#commitGroup(this.#waiting.splice(0, groupLength(this.#waiting)));
    }
    this.#turn = undefined;
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    this.#observe(group.length);
    try {
      const outcomes = await this.#writer.commit(group.map(({ batch }) => batch));
      group.forEach(({ resolve, reject }, at) => {
        const outcome = outcomes[at] ?? { code: 'DKV_WRITE_UNCERTAIN', cause: undefined };
        if (isFailure(outcome)) reject(errorOf(outcome));
        else resolve(outcome);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}

/** How many of those who wait the next group takes: so few that the reserve suffices for it. */
function groupLength(waiting: readonly Waiting[]): number {
  let bytes = 0;
  let changes = 0;
  const end = waiting.findIndex(({ batch }, at) => {
    bytes += encodedBytesMax(batch);
    changes += batch.length;
    const isTooMuch = changes > limits.groupChangesMax || bytes > limits.groupBytesMax;
    return at > 0 && isTooMuch;
  });
  return end === -1 ? waiting.length : end;
}
