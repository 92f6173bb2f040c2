// Where Postgres is on this machine, and how it is run: it refuses to run as root.
// Used by tests of the Postgres engine, and by the benchmark.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Where Debian keeps each version's programs. */
export const debianPostgres = '/usr/lib/postgresql';

/** The folder of the newest version's programs; undefined where there is none. */
function debianPrograms(): string | undefined {
  if (!existsSync(debianPostgres)) return undefined;
  const versions = readdirSync(debianPostgres).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((one) => join(debianPostgres, one, 'bin'))
    .find((bin) => existsSync(`${bin}/initdb`));
}

/** The folder of those to use: given ones, or Debian's; undefined where there are none. */
export const postgresPrograms = (): string | undefined =>
  process.env.TEST_POSTGRES_PROGRAMS ?? debianPrograms();

/** The folder of programs that `test/postgres-programs` has put there; undefined: it has not. */
export function cachedPrograms(what: '12' | '13' | 'pgbouncer'): string | undefined {
  const { DUMBKV_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = DUMBKV_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dumbkv');
  const bin = join(cache, 'postgres', what, 'bin');
  return existsSync(bin) ? bin : undefined;
}

/** A client for people, which a server's programs need not bring. */
export const psqlOf = (bin: string): string =>
  [bin, debianPrograms() ?? bin].map((one) => join(one, 'psql')).find(existsSync) ?? 'psql';

const isRoot = process.getuid?.() === 0;

/** A command as another user where this one is root; `setpriv` takes options of its own, too. */
export const asPostgresUser = (...command: string[]): [string, ...string[]] => [
  'setpriv',
  ...(isRoot ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : []),
  ...command,
];

/**
 * The folder where that user finds these programs: root's cache is closed to others, so they are
 * copied to `folder`, which is to be given to that user.
 */
export function programsFor(folder: string, bin: string): string {
  if (!isRoot || bin.startsWith(debianPostgres)) return bin;
  const copy = join(folder, 'programs');
  execFileSync('cp', ['-a', dirname(bin), copy]);
  return join(copy, basename(bin));
}

/** Lets that user have a folder. */
export function giveToPostgresUser(folder: string): void {
  if (isRoot) execFileSync('chown', ['-R', 'postgres', folder]);
}
