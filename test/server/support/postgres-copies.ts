// Copies of all that a Postgres keeps, and what becomes of them: one is put back as it was, or
// takes the place of the primary as a standby does that is promoted.
// Used by tests of what a failover loses.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asked, type PostgresServer } from './postgres.ts';

const dataOf = ({ folder }: PostgresServer): string => join(folder ?? '', 'data');

/** Copies all that is there now, as a disk would have it after a loss of power. */
export async function copyOf(server: PostgresServer): Promise<string> {
  const copy = join(server.folder ?? '', `copy-${randomUUID()}`);
  await server.kill();
  execFileSync('cp', ['-a', dataOf(server), copy]);
  await server.start();
  return copy;
}

/** Goes on with a copy in the place of what is there, which is given as a copy. */
export async function putInPlace(server: PostgresServer, copy: string): Promise<string> {
  const before = join(server.folder ?? '', `copy-${randomUUID()}`);
  await server.kill();
  renameSync(dataOf(server), before);
  renameSync(copy, dataOf(server));
  await server.start();
  return before;
}

/** As a standby that has got no more than the copy takes the place of the primary. */
export async function promoteInPlace(
  server: PostgresServer,
  copy: string,
  settings = '',
): Promise<string> {
  writeFileSync(join(copy, 'standby.signal'), '');
  writeFileSync(join(copy, 'postgresql.auto.conf'), `${settings}\n`);
  const before = await putInPlace(server, copy);
  await asked(server.location('postgres'), 'SELECT pg_promote()');
  // settings of this one alone
  rmSync(join(dataOf(server), 'postgresql.auto.conf'));
  return before;
}
