// What must hold for any sequence of additions, failures and workers: never two workers on one
// key, and no addition without a look at its key afterwards.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../../../operator/queue/work-queue.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';

const KEYS = ['a', 'b', 'c', 'd'];

/** One thing that a test does to the queue. */
type Step =
  | { kind: 'add' | 'fail'; key: string }
  | { kind: 'delay'; key: string; delayMs: number }
  | { kind: 'wait'; byMs: number }
  | { kind: 'finish' };

const key = fc.constantFrom(...KEYS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('add' as const, 'fail' as const), key }),
  fc.record({ kind: fc.constant('delay' as const), key, delayMs: fc.nat(50) }),
  fc.record({ kind: fc.constant('wait' as const), byMs: fc.nat(60) }),
  fc.constant<Step>({ kind: 'finish' }),
);

/** Workers that hold their key until they are told to finish, and check that they hold it alone. */
class Workers {
  readonly held = new Map<string, () => void>();
  /** For each key the number of the last step at which work on it began. */
  readonly lastBegun = new Map<string, number>();
  #step = 0;
  readonly #queue: WorkQueue;

  constructor(queue: WorkQueue, count: number) {
    this.#queue = queue;
    for (let worker = 0; worker < count; worker += 1) void this.#work();
  }

  atStep(step: number): void {
    this.#step = step;
  }

  finishOldest(): void {
    for (const [name, finish] of this.held) {
      this.held.delete(name);
      finish();
      return;
    }
  }

  async #work(): Promise<void> {
    for (let name = await this.#queue.get(); name; name = await this.#queue.get()) {
      expect(this.held.has(name), `two workers on ${name}`).toBe(false);
      this.lastBegun.set(name, this.#step);
      const held = name;
      await new Promise<void>((resolve) => this.held.set(held, resolve));
      this.#queue.done(name);
    }
  }
}

async function apply(step: Step, queue: WorkQueue, clock: FakeClock, workers: Workers) {
  if (step.kind === 'add') queue.add(step.key);
  if (step.kind === 'fail') queue.addRateLimited(step.key);
  if (step.kind === 'delay') queue.addAfter(step.key, step.delayMs);
  if (step.kind === 'wait') await clock.advance(step.byMs);
  if (step.kind === 'finish') workers.finishOldest();
  await settle();
}

/** Lets time pass and work end until nothing is left to do. */
async function drain(clock: FakeClock, workers: Workers): Promise<void> {
  while (workers.held.size > 0 || clock.timers > 0) {
    workers.finishOldest();
    await clock.advance(1000);
  }
}

describe('any sequence of steps', () => {
  it('keeps each key with one worker and loses no addition', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (sequence, count) => {
        const clock = new FakeClock();
        const queue = new WorkQueue({ clock, random: () => 0 });
        const workers = new Workers(queue, count);
        const lastAsked = new Map<string, number>();
        for (const [index, one] of sequence.entries()) {
          workers.atStep(index);
          if ('key' in one) lastAsked.set(one.key, index);
          await apply(one, queue, clock, workers);
        }
        workers.atStep(sequence.length);
        await drain(clock, workers);
        for (const [name, index] of lastAsked) {
          expect(workers.lastBegun.get(name), `${name} is lost`).toBeGreaterThanOrEqual(index);
        }
        expect(queue.length).toBe(0);
        expect(queue.inProgressSeconds()).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
