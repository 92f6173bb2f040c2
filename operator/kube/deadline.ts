// A time limit around one asynchronous piece of work, beside the caller's own signal. The transport
// puts every call to the API server in one.

/** The time limit of the work ran out. */
export class DeadlineExceeded extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`no end within ${limitMs} ms`);
    this.name = 'DeadlineExceeded';
    this.limitMs = limitMs;
  }
}

/**
 * Runs `work` with a signal that is aborted by `outer` or after `limitMs`; in the second case its
 * reason is a DeadlineExceeded. The work must end when its signal is aborted. Nothing stays
 * attached to `outer`.
 */
export async function withDeadline<T>(
  limitMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, abort, release } = linkedSignal(outer);
  const timer = setTimeout(() => abort(new DeadlineExceeded(limitMs)), limitMs);
  try {
    return await work(signal);
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** A signal that follows `outer` and can be aborted on its own; `release` lets go of `outer`. */
export function linkedSignal(outer: AbortSignal | undefined): {
  signal: AbortSignal;
  abort: (reason?: unknown) => void;
  release: () => void;
} {
  const controller = new AbortController();
  const follow = () => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => outer?.removeEventListener('abort', follow),
  };
}
