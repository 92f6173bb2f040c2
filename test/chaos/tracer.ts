// The server under strace, and the trace that it leaves.
// Next: `trace.ts` reads it.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * What runs a program under strace, which is its child (-D), so that signals reach the program;
 * only the calls that are asked for cost time.
 */
export const tracedTo = (path: string, ...more: readonly string[]): string[] => [
  ...['strace', '-D', '-f', '--seccomp-bpf', '-ttt', '-yy', '-o', path],
  ...more,
];

const ENDED = /\+\+\+ (?:exited with \d+|killed by \w+).*\+\+\+/;

/** The lines of a trace, once its program `pid` has ended. */
export async function linesOfEnded(path: string, pid: number): Promise<string[]> {
  for (let sizeBytes = -1; ; ) {
    const { size } = await stat(path);
    // what is still being written need not be read yet
    const lines = size === sizeBytes ? await readLines(path) : [];
    if (lines.some((line) => line.startsWith(`${pid} `) && ENDED.test(line))) return lines;
    sizeBytes = size;
    await delay(50);
  }
}

async function readLines(path: string): Promise<string[]> {
  const lines: string[] = [];
  const input = createReadStream(path, { encoding: 'latin1' });
  for await (const line of createInterface({ input })) lines.push(line);
  return lines;
}
