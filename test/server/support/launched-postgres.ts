// A Postgres of Debian's package as processes of its own: made, started, ended by its id. It knows
// nothing of a test, so the proofs of test/chaos start one with it too.
// Next: `postgres.ts` ties it to the running tests.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  asPostgresUser,
  debianPostgres,
  giveToPostgresUser,
  postgresPrograms,
  programsFor,
  psqlOf,
} from '../../support/postgres-programs.ts';
import { waitFor } from './wait-for.ts';

export interface PostgresServer {
  /** The URL of one of its databases. */
  location(database: string): string;
  /** Where it keeps its files; undefined for one that was given. */
  readonly folder: string | undefined;
  /** Asks by a program of its own, while this thread stands still. */
  ask(url: string, sql: string): void;
  start(): Promise<void>;
  /** Ends it as if the machine had lost power but its disk had not: no shutdown, no checkpoint. */
  kill(): Promise<void>;
  /** Ends all its processes by SIGKILL, as when memory runs out: nothing of it can say a word. */
  crash(): Promise<void>;
  /** Adds lines to its settings and has it read them. */
  configure(lines: string): void;
  /** Ends it for good and removes what it kept. */
  close(): Promise<void>;
}

// another one for each file: what listens on a port that seemed free may be the Postgres of another
const PASSWORD = `a-password-of-tests-${randomUUID()}`;

/** Makes and starts a Postgres, whose commits are synced as by default; `settings` are added. */
export async function ownPostgres(
  settings = '',
  programs = postgresPrograms(),
): Promise<PostgresServer> {
  if (programs === undefined) throw new Error(`no programs of Postgres in ${debianPostgres}`);
  const folder = mkdtempSync(join(tmpdir(), 'dumbkv-postgres-'));
  const bin = programsFor(folder, programs);
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'password'), PASSWORD);
  giveToPostgresUser(folder);
  const [setpriv, ...initdb] = asPostgresUser(
    ...[`${bin}/initdb`, '--no-sync', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
    ...['--username=dumbkv', `--pwfile=${folder}/password`, `--pgdata=${data}`],
  );
  execFileSync(setpriv, initdb, { stdio: ['ignore', 'ignore', 'inherit'] });
  const listening = `listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n`;
  appendFileSync(
    `${data}/postgresql.conf`,
    `\n${listening}log_min_messages = fatal\n${settings}\n`,
  );
  return startedOnFreePort(bin, folder, 0);
}

/** Below the ports that Linux gives to clients: one of those could take it between two starts. */
const PORTS = { first: 15_000, count: 15_000, tries: 10 };

async function startedOnFreePort(
  bin: string,
  folder: string,
  failures: number,
): Promise<PostgresServer> {
  const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
  const server = new OwnPostgres(bin, folder, port);
  try {
    await server.start();
    return server;
  } catch (error) {
    if (failures === PORTS.tries) throw error;
    return startedOnFreePort(bin, folder, failures + 1);
  }
}

class OwnPostgres implements PostgresServer {
  readonly folder: string;
  readonly #bin: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.folder = folder;
    this.#port = port;
  }

  location(database: string): string {
    return `postgres://dumbkv:${PASSWORD}@127.0.0.1:${this.#port}/${database}`;
  }

  ask(url: string, sql: string): void {
    execFileSync(psqlOf(this.#bin), ['--quiet', '--command', sql, url], { stdio: 'ignore' });
  }

  async start(): Promise<void> {
    const [setpriv, ...rest] = asPostgresUser('--pdeathsig=INT', `${this.#bin}/postgres`);
    const settings = ['-D', join(this.folder, 'data'), '-p', String(this.#port)];
    const child = spawn(setpriv, [...rest, ...settings], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await waitFor('Postgres to take connections', async () => {
      if (child.exitCode !== null) throw new Error(`Postgres has ended: ${said}`);
      return asked(this.location('postgres'), 'SELECT 1').then(
        () => true,
        () => false,
      );
    });
  }

  kill(): Promise<void> {
    return this.#end('SIGQUIT');
  }

  async crash(): Promise<void> {
    const children = childrenOf(this.#child);
    // the first one, or it would begin the others anew
    await this.#end('SIGKILL');
    for (const pid of children) endNow(pid);
  }

  configure(lines: string): void {
    appendFileSync(join(this.folder, 'data/postgresql.conf'), `\n${lines}\n`);
    this.#child?.kill('SIGHUP');
  }

  async close(): Promise<void> {
    // a checkpoint of what is thrown away would take its time
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

const childrenOf = ({ pid }: Partial<ChildProcess> = {}): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Ends one of its processes by SIGKILL, unless it has ended by itself meanwhile. */
export function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Asks a database over a connection of its own. */
export async function asked(location: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: location });
  // told by what is under way
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
