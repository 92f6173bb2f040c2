// Group commit: changes that come while a commit is under way share the next one, and with it one
// sync of the disk. Each is answered when its own commit is on disk.
// Next: `writer-link.ts` hands a group to the writer.
import { busy } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Change, errorOf, type Outcome } from './change.ts';
import { encodedBytesMax } from './change-codec.ts';

/** Where groups are made durable. Rejects only if it is unknown what became of a whole group. */
export interface GroupWriter {
  commit(changes: readonly Change[]): Promise<readonly Outcome[]>;
  /** Resolves if changes can be made; heals the writer first where that is possible. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly change: Change;
  readonly resolve: (revision: number) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #writer: GroupWriter;
  readonly #waiting: Waiting[] = [];
  /** The groups under way and planned, one after the other. */
  #turn: Promise<void> | undefined;

  constructor(writer: GroupWriter) {
    this.#writer = writer;
  }

  /** How many changes wait for their commit to begin. */
  get depth(): number {
    return this.#waiting.length;
  }

  /** Resolves with the revision once the change is on disk; 0 where nothing had to change. */
  submit(change: Change): Promise<number> {
    if (this.depth >= limits.writesWaitingMax) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
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
    try {
      const outcomes = await this.#writer.commit(group.map(({ change }) => change));
      group.forEach(({ resolve, reject }, at) => {
        const outcome = outcomes[at];
        if (typeof outcome === 'number') resolve(outcome);
        else reject(errorOf(outcome ?? { code: 'DKV_WRITE_UNCERTAIN', cause: undefined }));
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}

/** How many of those who wait the next group takes: so few that the reserve suffices for it. */
function groupLength(waiting: readonly Waiting[]): number {
  let bytes = 0;
  const end = waiting.findIndex(({ change }, at) => {
    bytes += encodedBytesMax(change);
    return at === limits.groupChangesMax || (at > 0 && bytes > limits.groupBytesMax);
  });
  return end === -1 ? waiting.length : end;
}
