// Errors on their way from one thread to another: what crosses by itself loses its code.
// Next: `writer-thread.ts` sends them, `writer-link.ts` has them back.

/** What is kept of an error. */
export class SentError extends Error {
  readonly code: string | undefined;

  constructor({ name, message, stack, code }: Sent) {
    super(message);
    this.name = name;
    if (stack !== undefined) this.stack = stack;
    this.code = code;
  }
}

interface Sent {
  readonly isSentError: true;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}

/** A value that can be sent, with the errors in it, and one level below, made plain. */
export function toSend(value: unknown): unknown {
  if (value instanceof Error) return plain(value);
  if (!isPlain(value)) return value;
  return mapped(value, (one) => (one instanceof Error ? plain(one) : one));
}

/** What `toSend` was given. */
export function received(value: unknown): unknown {
  if (isSent(value)) return new SentError(value);
  return isPlain(value) ? mapped(value, (one) => (isSent(one) ? new SentError(one) : one)) : value;
}

function plain(error: Error): Sent {
  const { name, message, stack } = error;
  const { code } = error as NodeJS.ErrnoException;
  return { isSentError: true, name, message, stack, code };
}

const isSent = (value: unknown): value is Sent => isPlain(value) && value.isSentError === true;

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const mapped = (fields: Record<string, unknown>, change: (one: unknown) => unknown) =>
  Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, change(one)]));
