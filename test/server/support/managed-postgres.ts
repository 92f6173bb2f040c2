// The Postgres of an instance as the operator's own script starts it, but in folders of this
// machine, on a volume that a test may fill and make larger.
// Used by tests of that Postgres.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { postgresFiles } from '../../../operator/builders/postgres/config-map.ts';
import { PLACES, ROLE, TENDING_SECONDS } from '../../../operator/builders/postgres/start-script.ts';
import { dumbkv } from '../../support/objects.ts';
import {
  asPostgresUser,
  giveToPostgresUser,
  postgresPrograms,
  psqlOf,
} from '../../support/postgres-programs.ts';
import { asked } from './postgres.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

const PASSWORD = 'a-password_of-tests';
const PORTS = { first: 15_000, count: 15_000 };

/** It has not been started yet. */
export class ManagedPostgres {
  readonly port = PORTS.first + Math.floor(Math.random() * PORTS.count);
  readonly url = this.urlWith(PASSWORD);
  readonly #script: string;
  /** Where the files lie that are mounted, and the folder of the volume. */
  readonly #home = tempFolder();
  readonly #volume: string;
  readonly #sockets: string;
  #child: ChildProcess | undefined;
  /** What it has said so far, of all its starts. */
  said = '';

  /** `volume`: a folder, the root of a file system of its own for instance. */
  constructor(volume: string, parameters: Record<string, string> = {}) {
    const home = this.#home;
    this.#volume = volume;
    const places: Record<keyof typeof PLACES, string> = {
      ...{ volume, data: join(volume, 'postgres'), configuration: join(home, 'configuration') },
      ...{ credentials: join(home, 'credentials'), sockets: home, figures: join(home, 'figures') },
    };
    const ownParameters = { ...parameters, port: String(this.port) };
    const postgres = { type: 'Managed', managed: { parameters: ownParameters } };
    const files = postgresFiles(dumbkv({ spec: { engine: 'postgres', postgres } }));
    // the longest first, since one is the beginning of another
    const names = (Object.keys(PLACES) as (keyof typeof PLACES)[]).toSorted(
      (a, b) => PLACES[b].length - PLACES[a].length,
    );
    let script = files['start.sh'] ?? '';
    for (const name of names) script = script.replaceAll(PLACES[name], () => places[name]);
    script = script.replaceAll("listen_addresses='*'", "listen_addresses='127.0.0.1'");
    this.#script = script.replaceAll(`sleep ${TENDING_SECONDS}`, 'sleep 1');
    this.#sockets = places.sockets;
    for (const folder of [places.configuration, places.credentials]) mkdirSync(folder);
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(places.configuration, name), text);
    }
    writeFileSync(join(places.credentials, 'password'), PASSWORD);
    for (const folder of [home, volume]) giveToPostgresUser(folder);
    onTestFinished(async () => void (await this.stop()));
  }

  /** Starts it once, as a kubelet starts a container: it may end by itself again. */
  begin(): void {
    // a container has a port of its own, where psql looks for it
    const shell = ['env', `PGPORT=${this.port}`, 'sh', '-c', this.#script];
    const [setpriv, ...rest] = asPostgresUser('--pdeathsig=TERM', ...shell);
    const child = spawn(setpriv, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    this.#child = child;
  }

  /** Whether the container would be running. */
  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null;
  }

  async start(): Promise<void> {
    this.begin();
    await waitFor('Postgres to take connections', async () => {
      if (!this.isRunning) throw new Error(`Postgres has ended: ${this.said}`);
      return this.answers();
    });
  }

  answers(): Promise<boolean> {
    return asked(this.url, 'SELECT 1').then(
      () => true,
      () => false,
    );
  }

  /** As its administrator, who alone may: the log before it is given back. */
  async checkpoint(): Promise<void> {
    const place = [`--host=${this.#sockets}`, `--port=${this.port}`, '--username=postgres'];
    const [setpriv, ...rest] = asPostgresUser(
      psqlOf(postgresPrograms() ?? ''),
      ...place,
      '--command=CHECKPOINT',
    );
    await promisify(execFile)(setpriv, rest);
  }

  /** Gives the status that it ended with; undefined if it did not run. */
  async stop(): Promise<number | undefined> {
    if (this.#child === undefined || !this.isRunning) return undefined;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [status] = await ended;
    return status;
  }

  /** The URL with a password. */
  urlWith(password: string): string {
    return `postgres://${ROLE}:${password}@127.0.0.1:${this.port}/${ROLE}`;
  }

  /** Changes the Secret, as the kubelet brings it. */
  changePassword(password: string): void {
    const path = join(this.#home, 'credentials', 'password');
    writeFileSync(`${path}.new`, password);
    renameSync(`${path}.new`, path);
  }

  /** Changes who may connect; it counts from the next start on. */
  changeClients(lines: string): void {
    writeFileSync(join(this.#home, 'configuration', 'pg_hba.conf'), lines);
  }

  /** Whether its files are being made, and not whole yet. */
  get isBeingMade(): boolean {
    return existsSync(join(this.#volume, 'postgres.new'));
  }
}

/** Makes the file system that a test mounted in memory larger, as a class that can does. */
export const growVolume = (volume: string, sizeMib: number): void =>
  void execFileSync('mount', ['-o', `remount,size=${sizeMib}m`, volume]);
