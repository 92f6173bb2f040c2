// A real pino logger whose lines a test can read.
// Used by tests that ask what was logged, or that nothing was.
import { type Logger, pino } from 'pino';

export type LogLine = Record<string, unknown> & { readonly msg: string; readonly level: number };

export interface CapturedLog {
  readonly log: Logger;
  /** Every line so far. */
  lines(): LogLine[];
  /** Every line so far as it was written. */
  text(): string;
}

/** Makes a logger that keeps its lines in memory. */
export function capturedLog(): CapturedLog {
  const written: string[] = [];
  const log = pino({ level: 'trace', base: null }, { write: (line) => void written.push(line) });
  return {
    log,
    lines: () => written.map((line) => JSON.parse(line) as LogLine),
    text: () => written.join(''),
  };
}

/** A logger that says nothing. */
export const silentLog: Logger = pino({ level: 'silent' });
