// Waits for what a test expects of others, by asking again and again, with a generous limit.
// Tests against a control plane use it in place of fixed pauses.
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 45_000;
const INTERVAL_MS = 25;

/**
 * Asks until `ask` neither throws nor gives undefined or false, and gives its answer. The error at
 * the end of the limit says what was awaited, and why the last try was not it.
 */
export async function until<T>(
  awaited: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = LIMIT_MS,
): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const { answer, cause } = await attempt(ask);
    if (answer !== undefined && answer !== false) return answer as T;
    if (Date.now() > endMs) {
      const why = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`waited ${limitMs} ms in vain until ${awaited}${why}`, { cause });
    }
    await pause(INTERVAL_MS);
  }
}

async function attempt<T>(ask: () => T): Promise<{ answer?: Awaited<T>; cause?: unknown }> {
  try {
    return { answer: await ask() };
  } catch (cause) {
    return { cause };
  }
}
