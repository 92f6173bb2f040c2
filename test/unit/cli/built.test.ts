// The plugin as one file, as `npm run build:cli` makes it: it runs anywhere, by itself.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../support/built-plugin.ts';
import { dumbkv } from '../../support/objects.ts';
import { useDirectory } from '../../support/plugin-run.ts';
import { until } from '../../support/until.ts';

const directory = useDirectory();
let path = '';

beforeAll(() => {
  path = buildPlugin(directory());
});

const call = (...args: string[]) =>
  spawnSync(process.execPath, [path, ...args], {
    encoding: 'utf8',
    cwd: directory(),
    env: { PATH: directory() },
  });

describe('the built file', () => {
  it('can be run as it is', () => {
    expect(readFileSync(path, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(path).mode & 0o111).toBe(0o111);
  });

  it('loads nothing but Node', () => {
    const imports = readFileSync(path, 'utf8').matchAll(/^import .* from "(?<from>[^"]+)"/gm);
    const names = [...imports].map(({ groups }) => groups?.from);
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !name?.startsWith('node:'))).toEqual([]);
  });

  it('prints its help, and fails in words and codes', () => {
    expect(call('help')).toMatchObject({ status: 0, stderr: '' });
    expect(call('suspend')).toMatchObject({ status: 2, stdout: '' });
    const { status, stderr } = call('status');
    expect(status).toBe(1);
    expect(stderr).toBe(
      'kubectl dumbkv: kubectl cannot be run (spawn kubectl ENOENT): put it on the PATH.\n',
    );
  });
});

describe('a port that is open', () => {
  /** A kubectl that forwards until it is ended, and notes its process id. */
  function forwarding(): { bin: string; pidPath: string } {
    const pidPath = join(directory(), 'pid');
    const serving = {
      ...dumbkv({ spec: { auth: { type: 'None' } } }),
      status: { readyReplicas: 1 },
    };
    const script = [
      '#!/bin/bash',
      `case "$*" in *port-forward*) echo $$ > ${pidPath}.new && mv ${pidPath}.new ${pidPath}`,
      'echo "Forwarding from 127.0.0.1:4321 -> 8000"; exec sleep 600 ;;',
      `*) echo '${JSON.stringify(serving)}' ;; esac`,
    ];
    writeFileSync(join(directory(), 'kubectl'), `${script.join('\n')}\n`);
    chmodSync(join(directory(), 'kubectl'), 0o755);
    return { bin: `${directory()}:${process.env.PATH}`, pidPath };
  }

  const isRunning = (pid: string): boolean => existsSync(`/proc/${pid}`);

  const ended = (child: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => child.once('close', resolve));

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'is closed by %s, which is no failure',
    async (signal) => {
      const { bin, pidPath } = forwarding();
      const child = spawn(process.execPath, [path, 'connect', 'orders'], { env: { PATH: bin } });
      const end = ended(child);
      let said = '';
      child.stdout.on('data', (chunk) => {
        said += chunk;
      });
      await until('it has told the URL', () => said.includes('URL=http://127.0.0.1:4321'));
      const pid = readFileSync(pidPath, 'utf8').trim();
      expect(isRunning(pid)).toBe(true);
      child.kill(signal);
      expect(await end).toBe(0);
      await until('its kubectl has ended', () => !isRunning(pid));
    },
  );
});
