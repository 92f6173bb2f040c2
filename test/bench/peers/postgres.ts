// A Postgres of a peer's own, with Postgres' own settings, so that its processes stand on the
// peer's core, are stopped and counted with it.
// Next: `dumbkv.ts` runs the server on it.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  asPostgresUser,
  giveToPostgresUser,
  postgresPrograms,
} from '../../support/postgres-programs.ts';
import type { Command, Place } from './peer.ts';

/** Whether there is a Postgres to be started. */
export const hasPostgres = (): boolean => postgresPrograms() !== undefined;

/** The URL of its database, which is empty at the start. */
export const locationOf = ({ innerPort }: Place): string =>
  `postgres://dumbkv@127.0.0.1:${innerPort}/postgres`;

/** Makes an empty one, and says how to start it: on the inner port. */
export function postgresCommand({ folder, innerPort }: Place): Command {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error('there is no Postgres: test/programs installs it');
  const data = join(folder, 'postgres');
  mkdirSync(data);
  giveToPostgresUser(data);
  const [setpriv, ...initdb] = asPostgresUser(
    ...[`${bin}/initdb`, '--no-sync', '--auth=trust', '--encoding=UTF8', '--locale=C'],
    ...['--username=dumbkv', `--pgdata=${data}`],
  );
  execFileSync(setpriv, initdb, { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    run: [
      ...asPostgresUser(`${bin}/postgres`, '-D', data, '-p', String(innerPort)),
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ],
  };
}
