// Fails when the last `npm run test:coverage` ran too few lines: `node test/coverage/check.ts`.
// Next: shortfalls.ts says what is too few.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortfalls } from './shortfalls.ts';

const top = join(import.meta.dirname, '..', '..');
const file = join('coverage', 'coverage-summary.json');

/** What is missing, and if the summary itself is missing, what to run. */
function readShortfalls(): string[] {
  try {
    return shortfalls(JSON.parse(readFileSync(join(top, file), 'utf8')), top);
  } catch (error) {
    return [`${file} cannot be read, run "npm run test:coverage" first: ${error}`];
  }
}

const missing = readShortfalls();
for (const sentence of missing) process.stderr.write(`coverage: ${sentence}\n`);
if (missing.length > 0) process.exitCode = 1;
else process.stdout.write('coverage: tests run enough lines\n');
