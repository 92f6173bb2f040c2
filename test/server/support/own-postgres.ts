// A Postgres of one file of tests alone, which may stop it: there before the first test,
// ended after the last.
// Next: `postgres.ts` starts it.
import { afterAll, beforeAll } from 'vitest';
import { hasOwnPostgres, ownPostgres, type PostgresServer } from './postgres.ts';

/** Set once the tests begin. */
export let server: PostgresServer;

beforeAll(async () => {
  if (hasOwnPostgres) server = await ownPostgres();
});

afterAll(() => server?.close());
