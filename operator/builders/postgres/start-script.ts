// The script that starts the Postgres of an instance, in whatever image has Postgres and a shell:
// it makes the data directory whole or not at all, sets the password, also while it runs, and lets
// clients go at the end. config-map.ts carries it.

/** Where the script finds what it needs; stateful-set.ts mounts it there. */
export const PLACES = {
  volume: '/data',
  data: '/data/postgres',
  configuration: '/etc/dumbkv/postgres',
  credentials: '/etc/dumbkv/postgres-credentials',
  sockets: '/var/run/postgresql',
  /** The size of the volume and what is available of it; not on the volume, which may be full. */
  figures: '/tmp/volume',
} as const;

/** The role and the database that belong to the server. */
export const ROLE = 'dumbkv';
export const OLDEST_MAJOR = 15;
export const TENDING_SECONDS = 15;

/** What no parameter of a user may change. */
const FIXED = {
  config_file: `${PLACES.configuration}/postgresql.conf`,
  hba_file: `${PLACES.configuration}/pg_hba.conf`,
  listen_addresses: '*',
  unix_socket_directories: PLACES.sockets,
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
};

/**
 * While no client is there: the password goes into no log, whatever a user has logged (terse, since
 * the context of an error repeats statements), and no parameter keeps it from being set in the form
 * that pg_hba.conf asks for.
 */
const ALONE = {
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  debug_print_parse: 'off',
  debug_print_rewritten: 'off',
  debug_print_plan: 'off',
  default_transaction_read_only: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  password_encryption: 'scram-sha-256',
};

const options = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `-c ${name}='${value}'`)
    .join(' ');

const fixed = options(FIXED);

/**
 * Shows the server what only this pod can see, by the rights of the administrator: no role of its
 * own need read files for it. Old figures are none.
 */
const FIGURES_FUNCTION = `
CREATE OR REPLACE FUNCTION dumbkv_volume.figures(OUT size_bytes pg_catalog.int8,
 OUT available_bytes pg_catalog.int8) LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
 'SELECT split_part(t, '' '', 1)::int8, split_part(t, '' '', 2)::int8
 FROM pg_read_file(''${PLACES.figures}'', 0, 100, true) AS t
 WHERE (pg_stat_file(''${PLACES.figures}'', true)).modification > now() - interval ''2 minutes'''
`
  .trim()
  .replaceAll('\n', '');

/**
 * Reads the password where it stands: a command that held it would be logged when Postgres panics
 * over it. All names are qualified, since the server's role may make functions of the same names.
 */
const SET_PASSWORD = `
DO 'BEGIN EXECUTE pg_catalog.format(''ALTER ROLE ${ROLE} LOGIN PASSWORD %L'',
 pg_catalog.rtrim(pg_catalog.pg_read_file(''${PLACES.credentials}/password''),
 pg_catalog.chr(10))); END'
`
  .trim()
  .replaceAll('\n', '');

/** What the administrator's own sessions are opened with, for the same reasons. */
const ADMINISTRATOR = Object.entries(ALONE).map(([name, value]) => `-c ${name}=${value}`);

/**
 * For a shell as POSIX has it; each sentence that it ends with says what to do. What takes a while
 * runs behind it, since a shell minds signals only while it waits, and the first process of a
 * container dies of none.
 */
export const START_SCRIPT = `#!/bin/sh
set -eu
umask 077
data=${PLACES.data}
fail() { echo "$1" >&2; exit 1; }
step=
trap '{ kill -TERM $step && wait $step; } 2>/dev/null || :; exit 143' TERM INT
finish() { step=$!; wait $step; step=; }
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
PATH=$PATH:$bin
command -v postgres >/dev/null || fail 'The image has no Postgres: set postgres.managed.image.'
major=$(postgres --version | sed 's/^[^0-9]*\\([0-9]*\\).*/\\1/')
[ "$major" -ge ${OLDEST_MAJOR} ] ||
  fail "The image has Postgres $major: set postgres.managed.image to ${OLDEST_MAJOR} or newer."
sound() { case $1 in ''|*[!A-Za-z0-9_-]*) return 1 ;; esac; }
password=$(cat ${PLACES.credentials}/password)
sound "$password" ||
  fail 'The password may only have letters, digits, - and _: delete its Secret for a new one.'
# the server's own mode for one user: each line is a command; it goes on after one that fails,
# unless told by $3 to end then
alone() {
  exec postgres --single -D "$1" ${fixed} ${options(ALONE)} -c exit_on_error="\${3:-off}" \\
    "$2" >/dev/null
}
if [ ! -e $data ]; then
  rm -rf $data.new
  initdb --pgdata=$data.new --username=postgres --encoding=UTF8 --locale=C --data-checksums \\
    --auth-local=peer --auth-host=scram-sha-256 &
  finish
  alone $data.new postgres on <<SQL &
CREATE ROLE ${ROLE} LOGIN
CREATE DATABASE ${ROLE} OWNER ${ROLE}
SQL
  finish
  mv $data.new $data
  sync &
  finish
fi
[ -s $data/PG_VERSION ] ||
  fail "$data is there, but holds no data of Postgres: bring the volume back from a copy."
found=$(cat $data/PG_VERSION)
[ "$found" = "$major" ] || fail "The volume holds data of Postgres $found, not $major: \\
set postgres.managed.image to an image of Postgres $found."
chmod 0700 $data
alone $data ${ROLE} <<SQL &
${SET_PASSWORD}
CREATE SCHEMA IF NOT EXISTS dumbkv_volume
GRANT USAGE ON SCHEMA dumbkv_volume TO ${ROLE}
${FIGURES_FUNCTION}
SQL
finish
measure() {
  set -- $(stat -f -c '%b %f %a %S' ${PLACES.volume})
  echo "$((($1 - $2 + $3) * $4)) $(($3 * $4))" >${PLACES.figures}.new
  mv ${PLACES.figures}.new ${PLACES.figures}
}
# a password that was changed; where it cannot be set so, the next start does it
follow() {
  now=$(cat ${PLACES.credentials}/password)
  [ "$now" != "$password" ] && sound "$now" && pg_isready -q -h ${PLACES.sockets} || return 0
  PGOPTIONS='${ADMINISTRATOR.join(' ')}' \\
    psql -Xq -h ${PLACES.sockets} -U postgres -c "${SET_PASSWORD}" postgres || kill -INT $server
  password=$now
}
postgres -D $data ${fixed} &
server=$!
# SIGTERM would wait for all clients to go by themselves
trap 'kill -INT $server' TERM INT
while :; do measure || :; follow || :; sleep ${TENDING_SECONDS}; done >/dev/null 2>&1 &
tending=$!
status=0
wait $server || status=$?
while kill -0 $server 2>/dev/null; do status=0; wait $server || status=$?; done
kill $tending 2>/dev/null || :
exit $status
`;
