// The frame of a proof: what it is given, how it tells its progress, and how it ends.
// Next: `main.ts` runs one from the terminal, the tests beside it run the short forms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chance } from './chance.ts';

/** How much of everything a run does; each can be set from the terminal by its name. */
export type Figures = Readonly<Record<string, number>>;

/** What a proof is given for one run. */
export interface Run {
  /** An empty folder, gone after the run unless it failed. */
  readonly folder: string;
  readonly chance: Chance;
  /** Tells how far it is. */
  progress(text: string): void;
  /** Prints a line of the result. */
  print(line: string): void;
  /** Done when the run ends, however it ends. */
  atEnd(work: () => void | Promise<void>): void;
}

export interface Proof<F extends Figures = Figures> {
  readonly name: string;
  /** What it shows, in a sentence or two. */
  readonly says: string;
  /** Whether it looks at system calls, or makes them fail. */
  readonly needsTracer: boolean;
  /** Whether it starts a Postgres. */
  readonly needsPostgres?: boolean;
  readonly short: F;
  readonly long: F;
  /** Resolves with a line that sums up; rejects if what is to be shown does not hold. */
  run(figures: F, run: Run): Promise<string>;
}

export interface RunOptions {
  readonly seed: number;
  readonly limitMinutes: number;
  /** Where lines of progress and of the result go. */
  readonly write: (line: string) => void;
}

const PROGRESS_EVERY_MS = 5_000;

/** Runs a proof once; what it started is ended, and its folder removed unless it failed. */
export async function runProof<F extends Figures>(
  proof: Proof<F>,
  figures: F,
  { seed, limitMinutes, write }: RunOptions,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'dumbkv-chaos-'));
  const ends: (() => void | Promise<void>)[] = [];
  const begunMs = performance.now();
  const passedMs = () => performance.now() - begunMs;
  const seconds = () => Math.round(passedMs() / 1_000);
  let nextMs = 0;
  const progress = (text: string) => {
    if (passedMs() < nextMs) return;
    nextMs = passedMs() + PROGRESS_EVERY_MS;
    write(`${proof.name} ${seconds()} s: ${text}`);
  };
  const atEnd: Run['atEnd'] = (work) => void ends.push(work);
  const run = { folder, chance: new Chance(seed), progress, print: write, atEnd };
  try {
    const summary = await withinMinutes(limitMinutes, proof.run(figures, run));
    for (const end of ends.reverse()) await end();
    rmSync(folder, { recursive: true, force: true });
    return `${summary} (${seconds()} s, seed ${seed})`;
  } catch (error) {
    for (const end of ends.reverse()) await end();
    write(`${proof.name} FAILED with seed ${seed}; its files are in ${folder}`);
    throw error;
  }
}

/** What hangs ends too; whoever runs it ends the process then. */
async function withinMinutes<T>(minutes: number, work: Promise<T>): Promise<T> {
  const limit = Promise.withResolvers<never>();
  const timeUp = () => limit.reject(new Error(`not over after ${minutes} minutes`));
  const timer = setTimeout(timeUp, minutes * 60_000);
  return Promise.race([work, limit.promise]).finally(() => clearTimeout(timer));
}
