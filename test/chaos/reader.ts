// The other process that opens stores and reads them, started again when it is gone.
// Next: `store-reader.ts`.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Question, Reply } from './store-reader.ts';

const PROGRAM = fileURLToPath(new URL('./store-reader.ts', import.meta.url));
/** Far longer than any store here takes to be opened and read. */
const LIMIT_MS = 60_000;

export class Reader {
  readonly #cache: string;
  #child: ChildProcess | undefined;

  /** `folder`: where it may put what it has compiled. */
  constructor(folder: string) {
    this.#cache = join(folder, 'compiled');
  }

  /** Rejects if the process ends or hangs; the next question starts another one. */
  ask(question: Question): Promise<Reply> {
    // each store starts a thread, which would compile the whole server anew
    const env = { ...process.env, NODE_COMPILE_CACHE: this.#cache };
    this.#child ??= fork(PROGRAM, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const child = this.#child;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    return new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`the reader did not answer within ${LIMIT_MS} ms`));
        child.kill('SIGKILL');
      }, LIMIT_MS);
      child.once('message', (reply: Reply) => resolve(reply));
      child.once('exit', (code, signal) => {
        this.#child = undefined;
        reject(new Error(`the reader ended with ${signal ?? code}: ${said}`));
      });
      child.once('message', () => clearTimeout(timer));
      child.once('exit', () => clearTimeout(timer));
      child.send(question);
    }).finally(() => {
      child.removeAllListeners();
      child.stderr?.removeAllListeners();
    });
  }

  end(): void {
    this.#child?.kill('SIGKILL');
  }
}
