// Where Postgres is on this machine, and how it is run: it refuses to run as root.
// Used by tests of the Postgres engine, and by the benchmark.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian keeps each version's programs. */
export const debianPostgres = '/usr/lib/postgresql';

/** The folder of the newest version's programs; undefined where there is none. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(debianPostgres)) return undefined;
  const versions = readdirSync(debianPostgres).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((one) => join(debianPostgres, one, 'bin'))
    .find((bin) => existsSync(`${bin}/initdb`));
}

const isRoot = process.getuid?.() === 0;

/** A command as another user where this one is root; `setpriv` takes options of its own, too. */
export const asPostgresUser = (...command: string[]): [string, ...string[]] => [
  'setpriv',
  ...(isRoot ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : []),
  ...command,
];

/** Lets that user have a folder. */
export function giveToPostgresUser(folder: string): void {
  if (isRoot) execFileSync('chown', ['-R', 'postgres', folder]);
}
