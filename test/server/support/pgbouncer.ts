// A real PgBouncer before a Postgres of the tests, in any of its modes; it ends with the test.
// Used by `postgres-pooler.test.ts`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  asPostgresUser,
  cachedPrograms,
  giveToPostgresUser,
  programsFor,
} from '../../support/postgres-programs.ts';
import { asked } from './postgres.ts';
import { waitFor } from './wait-for.ts';

export interface Bouncer {
  /** The URL by which a database is reached through it. */
  readonly url: string;
  /** Goes on in another mode. */
  setMode(poolMode: string): void;
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const address = listener.address();
  listener.close();
  await once(listener, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Starts one before the database of this URL; `settings` are added to its own. */
export async function bouncerBefore(
  url: string,
  poolMode: 'session' | 'transaction' | 'statement',
  settings = '',
): Promise<Bouncer> {
  const { hostname, port, username, password } = new URL(url);
  const folder = mkdtempSync(join(tmpdir(), 'dumbkv-pgbouncer-'));
  const bin = programsFor(folder, cachedPrograms('pgbouncer') ?? '');
  const listening = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  const configure = (mode: string) =>
    writeFileSync(
      file,
      `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n` +
        `listen_port = ${listening}\nunix_socket_dir =\nauth_type = scram-sha-256\n` +
        `auth_file = ${folder}/users\npool_mode = ${mode}\ndefault_pool_size = 50\n${settings}\n`,
    );
  configure(poolMode);
  writeFileSync(join(folder, 'users'), `"${username}" "${password}"\n`);
  giveToPostgresUser(folder);
  const [setpriv, ...rest] = asPostgresUser('--pdeathsig=INT', join(bin, 'pgbouncer'), file);
  const child = spawn(setpriv, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGQUIT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const through = Object.assign(new URL(url), { port: String(listening) }).href;
  await waitFor('PgBouncer to take connections', async () => {
    if (child.exitCode !== null) throw new Error(`PgBouncer has ended: ${said}`);
    return asked(through, 'SELECT 1').then(
      () => true,
      () => false,
    );
  });
  return {
    url: through,
    setMode: (mode) => {
      configure(mode);
      child.kill('SIGHUP');
    },
  };
}
