// The plugin as one file, as `npm run build:cli` makes it: it runs anywhere, by itself.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useDirectory } from '../../support/plugin-run.ts';

const ROOT = join(import.meta.dirname, '../../..');
const { bin, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const directory = useDirectory();
const path = () => join(directory(), 'kubectl-dumbkv');

beforeAll(() => {
  const script: string = scripts['build:cli'].replaceAll(bin['kubectl-dumbkv'], path());
  const PATH = `${join(process.execPath, '..')}:${process.env.PATH}`;
  execFileSync('bash', ['-c', script], { cwd: ROOT, env: { ...process.env, PATH } });
});

const call = (...args: string[]) =>
  spawnSync(process.execPath, [path(), ...args], {
    encoding: 'utf8',
    cwd: directory(),
    env: { PATH: directory() },
  });

describe('the built file', () => {
  it('can be run as it is', () => {
    expect(readFileSync(path(), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(path()).mode & 0o111).toBe(0o111);
  });

  it('loads nothing but Node', () => {
    const imports = readFileSync(path(), 'utf8').matchAll(/^import .* from "(?<from>[^"]+)"/gm);
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
