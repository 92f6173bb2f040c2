// Reading a real checkout: what git would commit, and nothing else.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCheckout } from '../../tidy/checkout.ts';

let top: string;

const git = (...words: string[]) => execFileSync('git', words, { cwd: top, stdio: 'pipe' });

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'tidy-'));
});

afterEach(() => rmSync(top, { recursive: true }));

it('reads what is tracked and what is new, not what is ignored, deleted or not text', () => {
  git('init', '--quiet');
  mkdirSync(join(top, 'server', 'dist'), { recursive: true });
  writeFileSync(join(top, '.gitignore'), 'dist/\n');
  writeFileSync(join(top, 'server', 'tracked.ts'), '// One.\n');
  writeFileSync(join(top, 'server', 'deleted.ts'), '// Two.\n');
  git('add', '.');
  writeFileSync(join(top, 'server', 'new one.ts'), '// Three.\n');
  writeFileSync(join(top, 'server', 'dist', 'ignored.ts'), '// Four.\n');
  writeFileSync(join(top, 'icon.ico'), Buffer.from([1, 0, 2]));
  rmSync(join(top, 'server', 'deleted.ts'));
  const { files, sources } = readCheckout(top);
  expect([...files].sort()).toEqual([
    ['.gitignore', 'dist/\n'],
    ['icon.ico', ''],
    ['server/new one.ts', '// Three.\n'],
    ['server/tracked.ts', '// One.\n'],
  ]);
  expect(sources.map(({ path }) => path).sort()).toEqual([
    'server/new one.ts',
    'server/tracked.ts',
  ]);
});

it('fails outside a checkout instead of finding an empty tree tidy', () => {
  expect(() => readCheckout(top)).toThrow(/git/);
});
