// The proof that the operator comes to rest after any legal schedule: the real one, against an API
// server in memory, while users, controllers, time, watches, calls and crashes come in any order.
// Next: schedules/schedule.ts plays one; `node test/chaos/schedules/main.ts SEED` plays it again.
import type { Proof } from './proof.ts';
import { playSchedule } from './schedules/schedule.ts';

/** Enough for an instance to be made, changed and deleted between two crashes. */
export const STEPS = 80;

export const schedules: Proof<{ schedules: number }> = {
  name: 'schedules',
  says: 'The operator comes to rest as it is asked after any legal schedule, and breaks no law.',
  needsTracer: false,
  short: { schedules: 1000 },
  long: { schedules: 10_000 },
  async run({ schedules: count }, run) {
    const counts: Record<string, number> = {};
    for (let played = 0; played < count; played += 1) {
      run.progress(`${played} of ${count} schedules`);
      const seed = run.chance.below(2 ** 32);
      const outcome = await playSchedule(seed, STEPS);
      if (outcome.problems.length > 0) {
        const told = [...outcome.problems, 'after these steps:', ...outcome.steps].join('\n  ');
        throw new Error(`schedule ${seed} does not come to rest as it should:\n  ${told}`);
      }
      for (const [name, times] of Object.entries(outcome.counts)) {
        counts[name] = (counts[name] ?? 0) + times;
      }
    }
    const deeds = Object.entries(counts).map(([name, times]) => `${times} ${name}`);
    return `${count} schedules of ${STEPS} steps came to rest and stayed so: ${deeds.join(', ')}`;
  },
};
