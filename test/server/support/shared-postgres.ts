// The Postgres of a file of tests, which others may use too: there before the first test,
// ended after the last.
// Next: `postgres.ts` starts it.
import { afterAll, beforeAll } from 'vitest';
import { hasPostgres, type PostgresServer, sharedPostgres } from './postgres.ts';

/** Set once the tests begin. */
export let server: PostgresServer;

beforeAll(async () => {
  if (hasPostgres) server = await sharedPostgres();
});

afterAll(() => server?.close());
