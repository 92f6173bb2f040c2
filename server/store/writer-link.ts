// The two ways to a writer: in this thread, for a store in memory, or in a thread of its own, so
// that reading never waits for a commit.
// Next: `writer.ts`, here or by way of `writer-thread.ts`.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../errors.ts';
import { type Change, errorOf, type Outcome } from './change.ts';
import { encodeChanges } from './change-codec.ts';
import type { GroupWriter } from './group-commit.ts';
import { received } from './sent-error.ts';
import type { Writer } from './writer.ts';
import type { Message, Request, WriterSettings } from './writer-messages.ts';

/** A writer in this thread: for data that ends with the process, which no disk holds up. */
export function writeHere(writer: Writer): GroupWriter {
  return {
    commit: async (changes) => writer.commit(changes),
    ping: async () => {
      try {
        writer.heal();
      } catch (cause) {
        throw errorOf({ code: 'DKV_STORE_UNAVAILABLE', cause });
      }
    },
    close: async () => writer.close(),
  };
}

/** Starts the thread; rejects with what its start ends with. */
export async function writeInThread(
  settings: WriterSettings,
  log: BaseLogger,
): Promise<GroupWriter> {
  const thread = new Thread(settings, log);
  await thread.request('heal');
  return {
    commit: (changes) => thread.commit(changes),
    ping: async () => {
      const [failure] = await thread.request('heal');
      if (typeof failure === 'object') throw errorOf(failure);
    },
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
  #isClosing = false;

  constructor(settings: WriterSettings, log: BaseLogger) {
    this.#worker = new Worker(MODULE, { workerData: settings });
    this.#worker.on('message', (message: Message) => this.#take(message, log));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('the thread of the writer has ended')));
  }

  commit(changes: readonly Change[]): Promise<readonly Outcome[]> {
    return this.request(encodeChanges(changes));
  }

  request(request: Request): Promise<readonly Outcome[]> {
    return new Promise((resolve, reject) => {
      this.#awaiting.push({ resolve, reject });
      this.#worker.postMessage(request, typeof request === 'string' ? [] : [request]);
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#worker.postMessage('close' satisfies Request);
    await once(this.#worker, 'exit');
  }

  #take(message: Message, log: BaseLogger): void {
    if (message.kind === 'log') {
      const [fields, says] = message.line.map(received);
      log[message.level](fields, says as string | undefined);
      return;
    }
    const next = this.#awaiting.shift();
    if (message.kind === 'reply') {
      next?.resolve(message.outcomes.map((one) => received(one) as Outcome));
      return;
    }
    // a thread that could not open the store ends by itself
    this.#isClosing = true;
    next?.reject(startErrorFrom(message));
  }

  /** A writer that ends by itself leaves it unknown what became of a commit: the process ends. */
  #end(cause: Error): void {
    for (const { reject } of this.#awaiting.splice(0)) {
      reject(errorOf({ code: 'DKV_WRITE_UNCERTAIN', cause }));
    }
    if (!this.#isClosing) throw cause;
  }
}

function startErrorFrom({ code, error }: Message & { kind: 'refusal' }): unknown {
  const cause = received(error);
  return code === undefined ? cause : new StartError(code, messageOf(cause), cause);
}
