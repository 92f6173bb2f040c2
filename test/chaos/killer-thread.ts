// A thread that kills a process while it copies its log into the database file, which nothing else
// changes: from a thread of its own, since the load keeps the main one busy for longer than a copy.
// Used by `kills.ts`.
import { watch } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

export interface Aim {
  readonly pid: number;
  readonly database: string;
  /** How long after the copy has begun. */
  readonly delayMs: number;
}

const { pid, database, delayMs } = workerData as Aim;

watch(database).once('change', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
  process.kill(pid, 'SIGKILL');
});
parentPort?.postMessage('watching');
