// Runs the tests of the server: vitest, with --database-location=postgres://… in a variable, since
// vitest takes no options of others.
// Next: `support/postgres.ts` uses that Postgres instead of one of its own.
import { spawnSync } from 'node:child_process';

const OPTION = '--database-location=';

const args = process.argv.slice(2);
const location = args.find((arg) => arg.startsWith(OPTION))?.slice(OPTION.length);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', ...args.filter((arg) => !arg.startsWith(OPTION))],
  {
    stdio: 'inherit',
    env: { ...process.env, ...(location && { TEST_DATABASE_LOCATION: location }) },
  },
);
process.exitCode = status ?? 1;
