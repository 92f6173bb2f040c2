// Plants each bug of the list in a copy of the tree and runs the test file that should catch it:
// `npm run test:planted`, or with a part of a bug's sentence behind `--`. Fails if more than one in
// twenty is not caught.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlantedBug } from './bug.ts';
import { PLANTED_BUGS } from './bugs.ts';

const CAUGHT_SHARE_MIN = 0.95;
const LIMIT_MS = 300_000;
const TOP = join(import.meta.dirname, '..', '..');
const COPIED = ['operator', 'server', 'crds', 'test', 'package.json', 'vitest.config.ts'];

const write = (line: string): void => void process.stdout.write(`${line}\n`);

function copyOfTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'dumbkv-planted-'));
  for (const name of COPIED) cpSync(join(TOP, name), join(copy, name), { recursive: true });
  symlinkSync(join(TOP, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** The names of the tests that fail there; undefined if they could not even be loaded. */
function failing(copy: string, files: readonly string[]): string[] | undefined {
  const report = join(copy, 'report.json');
  const how = ['run', '--project', 'unit', '--reporter=json', `--outputFile=${report}`];
  const vitest = join(copy, 'node_modules', 'vitest', 'vitest.mjs');
  rmSync(report, { force: true });
  const options = { cwd: copy, stdio: 'ignore', timeout: LIMIT_MS } as const;
  spawnSync(process.execPath, [vitest, ...how, ...files], options);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { status: string; fullName: string }[] }[];
  };
  if (testResults.some(({ assertionResults }) => assertionResults.length === 0)) return undefined;
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  return results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
}

function isCaught(
  copy: string,
  { breaks, file, text, replacement, caughtBy }: PlantedBug,
): boolean {
  const path = join(copy, file);
  const sound = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    sound.replace(text, () => replacement),
  );
  const failed = failing(copy, [caughtBy]);
  writeFileSync(path, sound);
  if (failed === undefined) throw new Error(`${file} cannot be loaded with its bug: ${breaks}`);
  const [first = ''] = failed;
  write(
    failed.length > 0 ? `caught      ${breaks}\n            "${first}"` : `NOT CAUGHT  ${breaks}`,
  );
  return failed.length > 0;
}

const wanted = process.argv[2] ?? '';
const bugs = PLANTED_BUGS.filter(({ breaks }) => breaks.includes(wanted));
const copy = copyOfTree();
try {
  const tests = [...new Set(bugs.map(({ caughtBy }) => caughtBy))];
  const failed = failing(copy, tests);
  if (failed?.length !== 0) throw new Error(`without any bug, these fail: ${failed?.join('; ')}`);
  const caught = bugs.filter((bug) => isCaught(copy, bug)).length;
  write(`${caught} of ${bugs.length} planted bugs were caught`);
  if (caught < CAUGHT_SHARE_MIN * bugs.length) process.exitCode = 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
