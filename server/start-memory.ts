// What only the start needed goes back to the system a little later, so that an idle server is
// small: what was parsed and run once, and the room that it was made in. V8 by itself looks for it
// only when much more has been made.
// Next: nothing; `run.ts` and `store/writer-thread.ts` call it, each for its own thread.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { limits } from './limits.ts';

/** Has this thread give back once what it no longer needs. */
export function releaseStartMemory(afterMs: number = limits.startMemoryReleaseMs): void {
  setTimeout(release, afterMs).unref();
}

/** Node hands out the collector only so. As an option of the start it would make that slower. */
function release(): void {
  setFlagsFromString('--expose-gc');
  const collect: typeof globalThis.gc = runInNewContext('globalThis.gc');
  collect?.({ type: 'major', flavor: 'last-resort' });
}
