// Prints what a test measured, one line each: figures for people, never a reason to fail.
import { expect } from 'vitest';

/** Prints a figure under the name of the running test file. */
export function report(figure: string): void {
  const file = expect.getState().testPath?.replace(/^.*\/|\.test\.ts$/g, '') ?? 'e2e';
  process.stdout.write(`    [${file}] ${figure}\n`);
}

/** Starts a clock; what it gives prints how long it took since, and gives that too. */
export function stopwatch(): (what: string) => number {
  const startMs = performance.now();
  return (what) => {
    const tookMs = performance.now() - startMs;
    report(`${what}: ${seconds(tookMs)}`);
    return tookMs;
  };
}

/** Milliseconds as people read them. */
export const seconds = (durationMs: number): string => `${(durationMs / 1000).toFixed(1)} s`;
