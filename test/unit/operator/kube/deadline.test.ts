// Time limits around calls: they end what takes too long, follow the caller's signal, and leave
// nothing behind on it.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  DeadlineExceeded,
  linkedSignal,
  withDeadline,
} from '../../../../operator/kube/deadline.ts';

/** Work that ends with its signal. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

describe('withDeadline', () => {
  it('gives what the work gives', async () => {
    expect(await withDeadline(60_000, undefined, async () => 'done')).toBe('done');
  });

  it('ends work that takes too long, and says how long it had', async () => {
    const error = await withDeadline(5, undefined, untilAborted).catch((reason) => reason);
    expect(error).toBeInstanceOf(DeadlineExceeded);
    expect(error).toMatchObject({ limitMs: 5, message: 'no end within 5 ms' });
  });

  it('follows the signal of the caller, also one that is aborted already', async () => {
    const stopping = new AbortController();
    const work = withDeadline(60_000, stopping.signal, untilAborted);
    stopping.abort('enough');
    await expect(work).rejects.toBe('enough');
    await expect(withDeadline(60_000, stopping.signal, untilAborted)).rejects.toBe('enough');
  });

  it('leaves no listener on the signal of the caller', async () => {
    const { signal } = new AbortController();
    for (let times = 0; times < 100; times += 1) {
      await withDeadline(60_000, signal, async () => times);
      await withDeadline(60_000, signal, () => Promise.reject(new Error('x'))).catch(() => {});
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('linkedSignal', () => {
  it('can be aborted alone, and no longer follows once released', () => {
    const outer = new AbortController();
    const first = linkedSignal(outer.signal);
    const second = linkedSignal(outer.signal);
    first.abort('first');
    expect([first.signal.reason, outer.signal.aborted]).toEqual(['first', false]);
    second.release();
    outer.abort();
    expect(second.signal.aborted).toBe(false);
  });
});
