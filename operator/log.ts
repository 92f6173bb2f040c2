// The operator's log: JSON lines on standard output, one for each thing that an administrator would
// ask about. main.ts makes it and hands it to the parts that log.
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * A logger of this level; errors appear with their code and cause, never with headers or bodies.
 */
export function createLogger(level: string): Logger {
  const options = {
    level,
    base: { logger: 'dumbkv-operator' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorFields },
  };
  // written at once and in order: the last line of a process must not be lost with it
  return pino(options, pino.destination({ dest: 1, sync: true }));
}

/** What a log line says of an error. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.cause === undefined ? {} : { cause: errorFields(error.cause) }),
  };
}
