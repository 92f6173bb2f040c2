// A real Postgres for tests: the one of TEST_DATABASE_LOCATION, or one of Debian's packages, which
// is started for the test file and ended by its id. Each test gets a database of its own.
// Used by tests of the Postgres engine.
import { randomUUID } from 'node:crypto';
import { onTestFinished, type TestAPI, test } from 'vitest';
import { postgresPrograms } from '../../support/postgres-programs.ts';
import { asked, ownPostgres, type PostgresServer } from './launched-postgres.ts';

export { asked, ownPostgres, type PostgresServer };

const GIVEN = process.env.TEST_DATABASE_LOCATION;

const whyNone = (): string | undefined => {
  if (GIVEN !== undefined || postgresPrograms() !== undefined) return undefined;
  return 'a Postgres: install Debian\'s "postgresql", or name one in TEST_DATABASE_LOCATION';
};

/** Why tests cannot have a server of their own, which they may end. */
const whyNoneOfItsOwn = (): string | undefined =>
  postgresPrograms() === undefined ? 'Debian\'s "postgresql"' : undefined;

/** `test`; where something lacks, the output says so. */
export function testUnless(lacks: string | undefined): TestAPI | TestAPI['skip'] {
  if (lacks === undefined) return test;
  process.stderr.write(`PASSED OVER: tests of Postgres need ${lacks}\n`);
  // the line above says it in the output
  return test.skip;
}

export const hasPostgres = whyNone() === undefined;

export const hasOwnPostgres = whyNoneOfItsOwn() === undefined;

/** For tests that need any Postgres. */
export const testWithPostgres = testUnless(whyNone());

/** For tests that end a Postgres, or change its settings. */
export const testWithOwnPostgres = testUnless(whyNoneOfItsOwn());

/** The server that tests share: the given one, or one of their own. */
export function sharedPostgres(): Promise<PostgresServer> {
  return GIVEN === undefined ? ownPostgres() : Promise.resolve(givenPostgres(GIVEN));
}

function givenPostgres(url: string): PostgresServer {
  const refuse = () => {
    throw new Error('the given Postgres is not for a test to end or to change');
  };
  return {
    location: (database) => Object.assign(new URL(url), { pathname: `/${database}` }).href,
    folder: undefined,
    ask: refuse,
    start: refuse,
    kill: refuse,
    crash: refuse,
    configure: refuse,
    close: async () => {},
  };
}

/** The URL of a new database, which is gone when the running test ends. */
export async function freshDatabase(server: PostgresServer): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const home = server.location(GIVEN === undefined ? 'postgres' : new URL(GIVEN).pathname.slice(1));
  await asked(home, `CREATE DATABASE ${name}`);
  // a server of its own goes with all that it has
  if (GIVEN !== undefined) {
    onTestFinished(async () => void (await asked(home, `DROP DATABASE ${name} WITH (FORCE)`)));
  }
  return server.location(name);
}
