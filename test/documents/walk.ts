// Reads a page as a user does: one command after the other, each seen to do what the page says.
// The tests of the tiers choose the commands, and the shell in which they run.
import { until } from '../support/until.ts';
import type { DocumentCommand } from './commands.ts';
import type { Shell } from './shell.ts';

/** What only looks may be run again until it shows what the page does. */
const READING = /^(?:kubectl (?:-n \S+ )?(?:get|describe|logs|wait)\b|curl (?!.*-X))/;
/** What goes on until somebody ends it. */
const ENDLESS = /^curl -N /;
const AGE = /(?<![\w.])(?:\d+[dhms]){1,2}(?![\w.])/g;
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

export interface WalkOptions {
  /** How long to wait for what the page shows. */
  readonly limitMs: number;
  /** Whether each command may be tried again: what it needs may only just be made. */
  readonly isRepeated?: boolean;
}

/** Runs a command; throws with all that was said if it does not do what its page says. */
export async function step(
  shell: Shell,
  { page, line, text, shows }: DocumentCommand,
  { limitMs, isRepeated = READING.test(text) }: WalkOptions,
): Promise<void> {
  const run = () => shell.run(ENDLESS.test(text) ? `${text} &` : text);
  const refusal = shows !== undefined && /^Error/m.test(shows);
  let code: number | undefined;
  await until(
    `${page}:${line} does what it says: ${text}`,
    async () => {
      if (code === undefined || isRepeated) code = await run();
      const output = shell.output();
      const isAsSaid = (code !== 0) === refusal && !isProblem(output, shows);
      if (isAsSaid && (shows === undefined || isShown(output, shows))) return true;
      throw new Error(`exit code ${code}, and:\n${output}`);
    },
    limitMs,
  );
}

/** A reply of the server that refuses; curl calls that a success. */
const isProblem = (output: string, shows = ''): boolean =>
  /"code":"DKV_/.test(output) && !/^HTTP\/1.1 [45]/.test(shows);

/** Whether an output has what a page shows; `…` there is anything, as are ages and times. */
export function isShown(output: string, shows: string): boolean {
  const pattern = loosened(shows)
    .split('…')
    .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*?');
  return new RegExp(pattern).test(loosened(output));
}

const loosened = (text: string): string =>
  text.replace(TIME, 'TIME').replace(AGE, 'AGE').replace(/\s+/g, ' ').trim();
