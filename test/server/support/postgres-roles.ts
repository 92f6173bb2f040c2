// Who uses a database: roles that a test makes, and those that DumbKV is connected as.
// Used by tests of a location that changes.
import { asked } from './postgres.ts';

/** A role that may do everything in one database, and the URL with it. */
export async function roleFor(url: string, name: string, password: string): Promise<string> {
  await asked(url, `CREATE ROLE ${name} SUPERUSER LOGIN PASSWORD '${password}'`);
  return Object.assign(new URL(url), { username: name, password }).href;
}

/** The users of all connections of DumbKV to this database. */
export const usersOf = async (url: string): Promise<string[]> => {
  const sql = `SELECT DISTINCT usename FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'dumbkv' ORDER BY 1`;
  return (await asked(url, sql)).rows.map(({ usename }) => usename);
};
