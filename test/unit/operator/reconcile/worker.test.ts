// The main loop: how each outcome of a reconcile becomes a queue action and a label of the metrics,
// when a key is looked at again, and that a stop leaves nothing half done.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Problem, ProblemError } from '../../../../operator/api/problem.ts';
import { TransportError } from '../../../../operator/kube/api-errors.ts';
import { type WorkerContext, work } from '../../../../operator/reconcile/worker.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { refusal } from '../../../support/recording-client.ts';

const KEY = 'shop/orders';

/** One worker over a queue that holds one key; every call and every word of it is noted. */
function setup(overrides: Partial<WorkerContext> = {}) {
  const calls: string[] = [];
  const outcomes: [string, string, number, unknown][] = [];
  const actives: number[] = [];
  const keys: (string | undefined)[] = [KEY];
  const clock = new FakeClock();
  const stop = new AbortController();
  const context: WorkerContext = {
    queue: {
      get: async () => keys.shift(),
      done: (key) => calls.push(`done ${key}`),
      forget: (key) => calls.push(`forget ${key}`),
      addAfter: (key, delayMs) => calls.push(`addAfter ${key} ${delayMs}`),
      addRateLimited: (key) => calls.push(`addRateLimited ${key}`),
      addRecheck: (key, cause, delayMs) => calls.push(`addRecheck ${key} ${cause} ${delayMs}`),
    },
    clock,
    random: () => 0.5,
    reconcile: async () => ({}),
    exists: () => true,
    onOutcome: (...outcome) => outcomes.push(outcome as (typeof outcomes)[number]),
    onActive: (change) => actives.push(change),
    ...overrides,
  };
  return { calls, outcomes, actives, keys, clock, stop, run: () => work(context, stop.signal) };
}

const fails = (error: unknown) => ({
  reconcile: async () => {
    throw error;
  },
});
const conflict = refusal('PATCH', '/services/orders', 409, 'Conflict');
const exists = refusal('POST', '/secrets', 409, 'AlreadyExists');
const conflicting: Problem = { reason: 'NameConflict', message: 'Not ours.' };
const problem = new ProblemError(conflicting);
const unreachable = new TransportError('DKV_KUBE_UNREACHABLE', 'No connection.');

describe('an outcome', () => {
  it.each<[string, Partial<WorkerContext>, string, string[]]>([
    ['all is done', {}, 'success', [`forget ${KEY}`, `addAfter ${KEY} 300000`]],
    [
      'somebody must act, and no watch reports it',
      { reconcile: async () => ({ recheck: conflicting }) },
      'requeue_after',
      [`addRecheck ${KEY} NameConflict: Not ours. 10000`],
    ],
    [
      'somebody had to act, but it is gone',
      { reconcile: async () => ({ recheck: conflicting }), exists: () => false },
      'success',
      [`forget ${KEY}`],
    ],
    [
      'all is done but for a contested child',
      { reconcile: async () => ({ contestedSeconds: 20 }) },
      'success',
      [`addAfter ${KEY} 20000`, `forget ${KEY}`, `addAfter ${KEY} 300000`],
    ],
    ['the object is gone', { exists: () => false }, 'success', [`forget ${KEY}`]],
    ['somebody wrote first', fails(conflict), 'requeue', [`addRateLimited ${KEY}`]],
    ['somebody made it first', fails(exists), 'requeue', [`addRateLimited ${KEY}`]],
    ['the API server is away', fails(unreachable), 'error', [`addRateLimited ${KEY}`]],
    ['a problem was not caught', fails(problem), 'error', [`addRateLimited ${KEY}`]],
    ['the program is wrong', fails(new TypeError('x')), 'error', [`addRateLimited ${KEY}`]],
    ['something odd is thrown', fails('odd'), 'error', [`addRateLimited ${KEY}`]],
  ])('when %s is counted and goes to the queue', async (_case, overrides, label, calls) => {
    const worker = setup(overrides);
    await worker.run();
    expect(worker.outcomes.map(([key, outcome]) => [key, outcome])).toEqual([[KEY, label]]);
    expect(worker.calls).toEqual([...calls, `done ${KEY}`]);
  });

  it('carries its error only when it is one', async () => {
    const [failed, conflicted] = [setup(fails(unreachable)), setup(fails(conflict))];
    await failed.run();
    await conflicted.run();
    expect(failed.outcomes[0]?.[3]).toBe(unreachable);
    expect(conflicted.outcomes[0]?.[3]).toBeUndefined();
  });

  it('tells how long it took, in seconds', async () => {
    const worker = setup();
    const slow = setup({
      clock: worker.clock,
      reconcile: async () => {
        await worker.clock.advance(1500);
        return {};
      },
    });
    await slow.run();
    expect(slow.outcomes[0]?.[2]).toBe(1.5);
  });

  it('counts the worker as active while it works, even if it fails', async () => {
    const worker = setup(fails(unreachable));
    await worker.run();
    expect(worker.actives).toEqual([1, -1]);
  });
});

describe('the look by time', () => {
  const delayMs = async (random: number) => {
    const worker = setup({ random: () => random });
    await worker.run();
    return Number(worker.calls.find((call) => call.startsWith('addAfter'))?.split(' ')[2]);
  };

  it('lies within a tenth of five minutes', async () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    await fc.assert(
      fc.asyncProperty(unit, async (random) => {
        const ms = await delayMs(random);
        expect(ms).toBeGreaterThanOrEqual(270_000);
        expect(ms).toBeLessThanOrEqual(330_000);
      }),
    );
  });

  it('is spread from end to end', async () => {
    expect(await delayMs(0)).toBeCloseTo(270_000);
    expect(await delayMs(1 - 1e-9)).toBeCloseTo(330_000, 0);
  });
});

describe('the loop', () => {
  it('works on one key after the other until the queue has none', async () => {
    const done: string[] = [];
    const worker = setup({
      reconcile: async (key) => {
        done.push(key);
        return {};
      },
    });
    worker.keys.push('shop/carts');
    await worker.run();
    expect(done).toEqual([KEY, 'shop/carts']);
  });

  it('goes on after a failure', async () => {
    const worker = setup(fails(unreachable));
    worker.keys.push('shop/carts');
    await worker.run();
    expect(worker.outcomes.map(([key]) => key)).toEqual([KEY, 'shop/carts']);
  });

  it('takes no key once it is stopped', async () => {
    const worker = setup();
    worker.stop.abort();
    await worker.run();
    expect(worker.calls).toEqual([]);
    expect(worker.keys).toEqual([KEY]);
  });

  it('tells its reconcile of the stop', async () => {
    const { stop, run } = setup({
      reconcile: (_key, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve({}))),
    });
    const running = run();
    await settle();
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });

  it('counts and queues nothing of what the stop broke off, but gives the key back', async () => {
    const worker = setup({
      reconcile: async () => {
        worker.stop.abort();
        throw new Error('broken off');
      },
    });
    await worker.run();
    expect(worker.outcomes).toEqual([]);
    expect(worker.calls).toEqual([`done ${KEY}`]);
    expect(worker.actives).toEqual([1, -1]);
  });

  it('counts what was finished though the stop came', async () => {
    const worker = setup({
      reconcile: async () => {
        worker.stop.abort();
        return {};
      },
    });
    await worker.run();
    expect(worker.outcomes.map(([, outcome]) => outcome)).toEqual(['success']);
  });
});
