// Plays one schedule from the terminal, and prints its steps:
// `node test/chaos/schedules/main.ts SEED`. The proof ../schedules.ts names the seed of one that
// fails; next: schedule.ts.
import { STEPS } from '../schedules.ts';
import { playSchedule } from './schedule.ts';

const seed = Number(process.argv[2]);
if (!Number.isInteger(seed)) {
  process.stderr.write('say which seed: node test/chaos/schedules/main.ts SEED\n');
  process.exit(2);
}
const { steps, problems } = await playSchedule(seed, STEPS);
process.stdout.write(`${steps.join('\n')}\n`);
for (const problem of problems) process.stdout.write(`NOT AS IT SHOULD BE: ${problem}\n`);
process.exit(problems.length > 0 ? 1 : 0);
