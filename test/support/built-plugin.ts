// Builds `kubectl dumbkv` as `npm run build:cli` does, into a directory of a test.
// For tests of the file that users get.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Builds the plugin; gives the path of the one file. */
export function buildPlugin(directory: string): string {
  const { bin, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const path = join(directory, 'kubectl-dumbkv');
  const script: string = scripts['build:cli'].replaceAll(bin['kubectl-dumbkv'], path);
  const PATH = `${join(process.execPath, '..')}:${process.env.PATH}`;
  execFileSync('bash', ['-c', script], { cwd: ROOT, env: { ...process.env, PATH } });
  return path;
}
