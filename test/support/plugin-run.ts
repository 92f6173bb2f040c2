// Runs a command of `kubectl dumbkv` within the test's own process, with a kubectl that the test
// chooses: the control plane's, or a script that stands in its place.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { World } from '../../cli/context.ts';
import { run } from '../../cli/run.ts';
import { commandOf } from './control-plane-process.ts';

/** How a command ended, and what it wrote. */
export interface Ending {
  code: number;
  out: string;
  err: string;
}

/** A directory for the files of a test file. */
export function useDirectory(): () => string {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'dumbkv-plugin-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return () => directory;
}

/** A program with this shell script in it; `$kubectl` there is the real one. */
export function script(directory: string, name: string, lines: string): string {
  const path = join(directory, name);
  const real = commandOf('kubectl').join(' ');
  writeFileSync(path, `#!/bin/bash\nkubectl="${real} --cache-dir=${directory}/cache"\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The real kubectl, with no cache but the test's. */
export const realKubectl = (directory: string): string =>
  script(directory, 'kubectl', 'exec $kubectl "$@"');

/** Runs a command to its end. */
export async function plugin(
  program: string,
  argv: readonly string[],
  world: Partial<World> = {},
): Promise<Ending> {
  const lines = { out: [] as string[], err: [] as string[] };
  const code = await run(argv, {
    program,
    out: (line) => void lines.out.push(line),
    err: (line) => void lines.err.push(line),
    now: () => new Date('2030-01-01T00:00:00Z'),
    interrupted: new AbortController().signal,
    streams: 'pipe',
    ...world,
  });
  return { code, out: lines.out.join('\n'), err: lines.err.join('\n') };
}
