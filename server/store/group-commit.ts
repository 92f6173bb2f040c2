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

/** Told of groups and of what became of their batches, before those who wait for them. */
export interface GroupObserver {
  /** A commit begins that so many batches share. */
  begun(batches: number): void;
  /** Whatever became of it, so many seconds after it was submitted. */
  ended(batch: Batch, seconds: number, failed: boolean): void;
  /** At least one batch of a group was made. */
  changed(): void;
}

interface Waiting {
  readonly batch: Batch;
  readonly bytes: number;
  readonly begunMs: number;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #writer: GroupWriter;
  readonly #observer: GroupObserver | undefined;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** The groups under way and planned, one after the other. */
  #turn: Promise<void> | undefined;

  constructor(writer: GroupWriter, observer?: GroupObserver) {
    this.#writer = writer;
    this.#observer = observer;
  }

  /** How many batches wait for their commit to begin. */
  get depth(): number {
    return this.#waiting.length;
  }

  /** Resolves once the batch is on disk, or once it is known that it cannot be made. */
  submit(batch: Batch): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      const bytes = encodedBytesMax(batch);
      const waiting = { batch, bytes, begunMs: performance.now(), resolve, reject };
      if (!this.#hasRoomFor(bytes)) {
        this.#end([waiting], () => busy());
        return;
      }
      this.#waiting.push(waiting);
      this.#waitingBytes += bytes;
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
    while (this.#waiting.length > 0) await this.#commitGroup(this.#nextGroup());
    this.#turn = undefined;
  }

  /** The bytes count, since a client that has gone has given back the room of its body. */
  #hasRoomFor(bytes: number): boolean {
    const isFull = this.#waitingBytes + bytes > limits.writesWaitingBytesMax;
    return this.depth < limits.writesWaitingMax && !isFull;
  }

  #nextGroup(): Waiting[] {
    const group = this.#waiting.splice(0, groupLength(this.#waiting));
    for (const { bytes } of group) this.#waitingBytes -= bytes;
    return group;
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    this.#observer?.begun(group.length);
    let ends: (at: number) => WriteResult | Error;
    try {
      const outcomes = await this.#writer.commit(group.map(({ batch }) => batch));
      ends = (at) => endOf(outcomes[at]);
    } catch (error) {
      ends = () => error as Error;
    }
    this.#end(group, ends);
  }

  /** Who waits goes on when all of this is over. */
  #end(group: readonly Waiting[], ends: (at: number) => WriteResult | Error): void {
    const nowMs = performance.now();
    let hasChanged = false;
    group.forEach(({ batch, begunMs, resolve, reject }, at) => {
      const end = ends(at);
      const failed = end instanceof Error;
      this.#observer?.ended(batch, (nowMs - begunMs) / 1000, failed);
      if (failed) {
        reject(end);
      } else {
        hasChanged ||= end.refusal === undefined;
        resolve(end);
      }
    });
    if (hasChanged) this.#observer?.changed();
  }
}

const endOf = (outcome: Outcome = uncertain): WriteResult | Error =>
  isFailure(outcome) ? errorOf(outcome) : outcome;

const uncertain: Outcome = { code: 'DKV_WRITE_UNCERTAIN', cause: undefined };

/** How many of those who wait the next group takes: so few that the reserve suffices for it. */
function groupLength(waiting: readonly Waiting[]): number {
  let groupBytes = 0;
  let changes = 0;
  const end = waiting.findIndex(({ batch, bytes }, at) => {
    groupBytes += bytes;
    changes += batch.length;
    const isTooMuch = changes > limits.groupChangesMax || groupBytes > limits.groupBytesMax;
    return at > 0 && isTooMuch;
  });
  return end === -1 ? waiting.length : end;
}
