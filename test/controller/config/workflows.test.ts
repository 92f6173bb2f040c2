// The workflows of GitHub as actionlint reads them: it is compiled with the other programs of this
// tier, which is why this is here. test/unit/ci/workflows.test.ts holds what is ours to ask.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useDirectory } from '../../support/plugin-run.ts';
import { runTool } from '../../support/tools.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PATHS = globSync('.github/workflows/*.yml', { cwd: ROOT });
const directory = useDirectory();

const lint = (path: string) =>
  runTool('actionlint', ['-no-color', '-shellcheck=', '-pyflakes=', path]);

describe('actionlint', () => {
  it('has workflows to read', () => {
    expect(PATHS.length).toBeGreaterThan(2);
  });

  it.each(PATHS)('has nothing to say about %s', (path) => {
    expect(lint(join(ROOT, path))).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['timeout-minutes', 'timeout-minuts', 'unexpected key "timeout-minuts"'],
    ['steps.images.outputs', 'steps.pictures.outputs', 'property "pictures" is not defined'],
    ['github.actor', 'github.actr', 'property "actr" is not defined'],
  ])('would see %s written as %s', (right, wrong, finding) => {
    const path = join(directory(), 'release.yml');
    const text = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
    writeFileSync(path, text.replaceAll(right, wrong));
    const { code, stdout } = lint(path);
    expect(code).toBe(1);
    expect(stdout).toContain(finding);
  });
});
