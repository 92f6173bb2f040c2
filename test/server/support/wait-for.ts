// Waiting without a clock in the assertion: ask again until it is so, with a generous end.
// Used wherever something happens on its own time.
import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 20;

/** Polls until `look` gives something but undefined or false; fails with `what` after the limit. */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = 30_000,
): Promise<NonNullable<T>> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += EVERY_MS) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    await delay(EVERY_MS);
  }
  throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
}
