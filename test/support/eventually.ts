// Waiting in tests: ask again and again, with a generous limit, so that no test depends on how fast the
// machine is.
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Resolves when `check` passes; after `limitMs` rejects with what it threw last. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  limitMs = 60_000,
): Promise<Awaited<T>> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > endMs) throw error;
    }
    await sleep(POLL_MS);
  }
}
