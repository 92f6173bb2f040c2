// What a command is given: its arguments, kubectl, and what it may use of the world.
// run.ts makes it, the files of commands/ take it.
import type { Kubectl } from './kubectl.ts';

/** What main.ts, or a test, lends. */
export interface World {
  /** The kubectl to run. */
  program: string;
  out: (line: string) => void;
  err: (line: string) => void;
  now: () => Date;
  /** Aborts when the user has had enough. */
  interrupted: AbortSignal;
  /** Where a kubectl that runs in our place writes. */
  streams: 'inherit' | 'pipe';
}

export type OptionValue = string | boolean | string[] | undefined;

/** One call of a command. */
export interface Context extends World {
  kubectl: Kubectl;
  /** The DumbKV that was named; empty where a command may do without. */
  name: string;
  options: Readonly<Record<string, OptionValue>>;
}

/** An option as `parseArgs` of Node knows it, with what it is for. */
export interface Option {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** What stands for its value in the help. */
  value?: string;
  help: string;
}

/** A command: what `help` says of it, and what it does. */
export interface Command {
  /** What stands behind its name. */
  usage: string;
  summary: string;
  /** Further lines of its help. */
  details?: string;
  /** Whether it needs the name of a DumbKV. */
  needsName: boolean;
  options: Readonly<Record<string, Option>>;
  /** Gives the exit code. */
  run: (context: Context) => Promise<number>;
}
