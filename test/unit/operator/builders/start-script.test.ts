// The script that starts the operator's own Postgres, with programs that stand in for those of
// Postgres: what was not made whole is never taken for data.
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { PLACES, START_SCRIPT } from '../../../../operator/builders/postgres/start-script.ts';

/** Makes its folder as the real one does, in so far as the script looks. */
const INITDB = 'data=$(echo "$1" | cut -d= -f2); mkdir "$data"; echo 17 >"$data/PG_VERSION"';
/** A command that fails ends the server's own mode only where it is told so. */
const FAILING = 'case "$*" in *exit_on_error=on*) exit 1 ;; esac; exit 0';

/** The script in folders of this machine. */
class Container {
  readonly home = mkdtempSync(join(tmpdir(), 'dumbkv-start-'));
  readonly data = join(this.home, 'volume', 'postgres');

  constructor() {
    // what the script began may still write there
    onTestFinished(() => rmSync(this.home, { recursive: true, force: true, maxRetries: 20 }));
    for (const name of ['volume', 'bin', 'credentials']) mkdirSync(join(this.home, name));
    writeFileSync(join(this.home, 'credentials', 'password'), 'a-password');
    this.program('initdb', INITDB);
    // the machine's own would wait for the disks of all
    this.program('sync', 'exit 0');
  }

  /** Starts it once; `single` is what the server's own mode does. */
  start(single: string): number | null {
    return this.run(single).status;
  }

  run(single: string): { status: number | null; stderr: string } {
    this.#makePostgres(single);
    return spawnSync('sh', ['-c', this.#script()], { env: this.#env, encoding: 'utf8' });
  }

  /** Starts it and goes on; it ends with the test. */
  spawn(): ChildProcessByStdio<null, null, Readable> {
    this.#makePostgres('exit 0');
    const child = spawn('sh', ['-c', this.#script()], {
      ...{ env: this.#env, stdio: ['ignore', 'ignore', 'pipe'] },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  #makePostgres(single: string): void {
    const version = '--version) echo "postgres (PostgreSQL) 17.2" ;;';
    const mode = `--single) cat >/dev/null; ${single} ;;`;
    this.program('postgres', `case "$1" in ${version} ${mode} *) exit 9 ;; esac`);
  }

  get #env() {
    return { PATH: `${join(this.home, 'bin')}:/usr/bin:/bin` };
  }

  #script(): string {
    const places: Record<keyof typeof PLACES, string> = {
      ...{ volume: join(this.home, 'volume'), data: this.data },
      ...{ configuration: join(this.home, 'configuration'), sockets: this.home },
      ...{ credentials: join(this.home, 'credentials'), figures: join(this.home, 'figures') },
    };
    // the longest first, since one is the beginning of another
    const names = (Object.keys(PLACES) as (keyof typeof PLACES)[]).toSorted(
      (a, b) => PLACES[b].length - PLACES[a].length,
    );
    const replaced = (script: string, name: keyof typeof PLACES) =>
      script.replaceAll(PLACES[name], () => places[name]);
    return names.reduce(replaced, START_SCRIPT);
  }

  /** Puts a program in the place of one of the image. */
  program(name: string, lines: string): void {
    const path = join(this.home, 'bin', name);
    writeFileSync(path, `#!/bin/sh\n${lines}\n`);
    chmodSync(path, 0o755);
  }
}

it('takes nothing for data whose role or database could not be made, and begins anew', () => {
  const container = new Container();
  expect(container.start(FAILING)).not.toBe(0);
  expect(existsSync(container.data)).toBe(false);
  container.start('exit 0');
  expect(existsSync(join(container.data, 'PG_VERSION'))).toBe(true);
});

it('ends as its Postgres does, with the programs of the image before all others', () => {
  expect(new Container().start('exit 0')).toBe(9);
});

it('starts a Postgres whose data is whole, though its password could not be set', () => {
  const container = new Container();
  container.start('exit 0');
  expect(container.start(FAILING)).toBe(9);
});

it('ends at once when it is told to while its data is made, and begins anew', async () => {
  const container = new Container();
  container.program('initdb', `${INITDB}; echo "begun" >&2; exec sleep 600`);
  const started = container.spawn();
  await once(started.stderr, 'data');
  started.kill('SIGTERM');
  // a status, since the first process of a container does not die of a signal
  expect(await once(started, 'exit')).toEqual([143, null]);
  expect(existsSync(container.data)).toBe(false);
  container.program('initdb', INITDB);
  expect(container.start('exit 0')).toBe(9);
});

it('puts on disk that its data has the right name, before Postgres starts', () => {
  const container = new Container();
  const seen = join(container.home, 'seen');
  container.program('sync', `ls ${join(container.home, 'volume')} >${seen}`);
  container.start('exit 0');
  expect(readFileSync(seen, 'utf8')).toBe('postgres\n');
});

it('says which Postgres the data needs, where the image has another', () => {
  const container = new Container();
  container.start('exit 0');
  writeFileSync(join(container.data, 'PG_VERSION'), '16\n');
  const { status, stderr } = container.run('exit 0');
  expect(status).toBe(1);
  expect(stderr).toContain(
    'The volume holds data of Postgres 16, not 17: set postgres.managed.image to an image of ' +
      'Postgres 16.',
  );
});

it('gives the password to Postgres in no command, which a log may repeat', () => {
  const uses = START_SCRIPT.split('\n').filter((line) => line.includes('$password'));
  expect(uses).toHaveLength(2);
  for (const use of uses)
    expect(use).toMatch(/^sound "\$password" \|\||^ {2}\[ "\$now" != "\$password" \]/);
  expect(START_SCRIPT).toContain("-c log_error_verbosity='terse'");
});
