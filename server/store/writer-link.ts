// The two ways to a writer: in this thread, or in a thread of its own, so that reading never waits
// for a commit.
// Next: `tended-writer.ts`, here or by way of `writer-thread.ts`.
import { Worker } from 'node:worker_threads';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../errors.ts';
import type { SealingKey } from '../sealing/key-file.ts';
import type { RotationProgress } from '../sealing/rotation.ts';
import { type Batch, errorOf, isFailure, type Outcome } from './change.ts';
import { encodeBatches } from './change-codec.ts';
import type { GroupWriter } from './group-commit.ts';
import { decodeOutcomes } from './outcome-codec.ts';
import { received } from './sent-error.ts';
import { TendedWriter } from './tended-writer.ts';
import type { Writer } from './writer.ts';
import type {
  End,
  KeysRequest,
  Message,
  Request,
  WriterEvent,
  WriterSettings,
} from './writer-messages.ts';

/** A writer that also changes the store by itself, when entries end. */
export interface SqliteWriter extends GroupWriter {
  /** Calls `listener` after such changes; gives how to end that. */
  watch(listener: () => void): () => void;
  /** Takes the keys of a changed file. Rejects where the store needs one that is not there. */
  useKeys(keys: readonly SealingKey[]): Promise<void>;
  /** How far the rotation of keys has come. */
  rotation(): RotationProgress;
}

const notBegun: RotationProgress = { seen: 0, damaged: 0, isOver: false };

/** Those who want to know of changes that nobody asked for. */
class Watchers {
  readonly #listeners = new Set<() => void>();

  readonly tell = (): void => {
    for (const listener of this.#listeners) listener();
  };

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** A writer in this thread: for data on no disk, or where reading must not meet a commit. */
export function writeHere(writer: Writer): SqliteWriter {
  const { tell, watch } = new Watchers();
  let progress = notBegun;
  const rotated = (next: RotationProgress) => {
    progress = next;
  };
  const tended = new TendedWriter(writer, { swept: tell, rotated });
  return {
    watch,
    rotation: () => progress,
    commit: async (batches) => {
      const outcomes = tended.commit(batches);
      tended.after(batches);
      return outcomes;
    },
    ping: async () => attempt(() => tended.heal()),
    useKeys: async (keys) => attempt(() => tended.useKeys(keys)),
    close: async () => tended.close(),
  };
}

function attempt(work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw errorOf({ code: 'DKV_STORE_UNAVAILABLE', cause });
  }
}

/** Starts the thread; rejects with what its start ends with. `healed`: see `WriterParts`. */
export async function writeInThread(
  settings: WriterSettings,
  log: BaseLogger,
  healed: () => void,
): Promise<SqliteWriter> {
  const { tell, watch } = new Watchers();
  const thread = new Thread(settings, log, (event) => (event === 'healed' ? healed() : tell()));
  await thread.request('heal');
  return {
    watch,
    rotation: () => thread.rotation,
    commit: (batches) => thread.commit(batches),
    ping: () => thread.attempt('heal'),
    useKeys: (keys) => thread.attempt({ keys }),
    close: () => thread.close(),
  };
}

interface Awaiting {
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The file beside this one: as it stands, or built like this one. */
const builtOrNot = /\.\w+$/.exec(import.meta.url)?.[0] ?? '.ts';
const MODULE = new URL('./writer-thread.ts'.replace('.ts', builtOrNot), import.meta.url);

class Thread {
  readonly #worker: Worker;
  readonly #awaiting: Awaiting[] = [];
  readonly #ended: Promise<void>;
  /** What it told last. */
  rotation = notBegun;
  #isClosing = false;
  #hasEnded = false;

  constructor(settings: WriterSettings, log: BaseLogger, tell: (event: WriterEvent) => void) {
    this.#worker = new Worker(MODULE, { workerData: settings });
    this.#worker.on('message', (message: Message) => this.#take(message, log, tell));
    this.#worker.on('error', (error) => this.#end(error));
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        resolve();
        this.#end(new Error('the thread of the writer has ended'));
      });
    });
  }

  commit(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    return this.request(encodeBatches(batches));
  }

  /** Rejects if what was asked for could not be done. */
  async attempt(request: 'heal' | KeysRequest): Promise<void> {
    const [failure] = await this.request(request);
    if (failure !== undefined && isFailure(failure)) throw errorOf(failure);
  }

  request(request: Request): Promise<readonly Outcome[]> {
    if (this.#hasEnded) {
      const cause = new Error('the thread of the writer has ended before');
      return Promise.reject(errorOf({ code: 'DKV_STORE_UNAVAILABLE', cause }));
    }
    return new Promise((resolve, reject) => {
      this.#awaiting.push({ resolve, reject });
      this.#worker.postMessage(request, request instanceof ArrayBuffer ? [request] : []);
    });
  }

  close(): Promise<void> {
    this.#isClosing = true;
    this.#worker.postMessage('close' satisfies Request);
    return this.#ended;
  }

  /** What else comes is Node's own: so it tells, when it watches files, what a thread loads. */
  #take(message: Message, log: BaseLogger, tell: (event: WriterEvent) => void): void {
    if (message.kind === 'log') {
      const [fields, says] = message.line.map(received);
      log[message.level](fields, says as string | undefined);
    } else if (message.kind === 'event') {
      tell(message.event);
    } else if (message.kind === 'rotation') {
      this.rotation = message.progress;
    } else if (message.kind === 'reply') {
      this.#awaiting.shift()?.resolve(outcomesIn(message.outcomes));
    } else if (message.kind === 'refusal') {
      // a thread that could not open the store ends by itself
      this.#isClosing = true;
      this.#awaiting.shift()?.reject(startErrorFrom(message));
    } else if (message.kind === 'end') {
      throw startErrorFrom(message);
    }
  }

  /** A writer that ends by itself leaves it unknown what became of a commit: the process ends. */
  #end(cause: Error): void {
    this.#hasEnded = true;
    for (const { reject } of this.#awaiting.splice(0)) {
      reject(errorOf({ code: 'DKV_WRITE_UNCERTAIN', cause }));
    }
    if (!this.#isClosing) throw cause;
  }
}

const outcomesIn = (sent: Float64Array | readonly Outcome[]): readonly Outcome[] =>
  sent instanceof Float64Array ? decodeOutcomes(sent) : sent.map(asReceived);

const asReceived = (one: Outcome): Outcome => (isFailure(one) ? (received(one) as Outcome) : one);

function startErrorFrom({ code, error }: End): unknown {
  const cause = received(error);
  return code === undefined ? cause : new StartError(code, messageOf(cause), cause);
}
