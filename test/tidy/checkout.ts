// Reads the tree that git would commit: what is tracked, and what is new and not ignored.
// Next: tree.ts, which parses it.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Tree, treeOf } from './tree.ts';

const LISTING_BYTES_MAX = 16 * 1024 * 1024;

/** Lists and reads the files under a checkout's top. Throws when git does not know the folder. */
export function readCheckout(top: string): Tree {
  return treeOf(listPaths(top).map((path): [string, string] => [path, readText(join(top, path))]));
}

function listPaths(top: string): string[] {
  const listing = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: top, encoding: 'utf8', stdio: 'pipe', maxBuffer: LISTING_BYTES_MAX },
  );
  const paths = listing.split('\0').filter((path) => path !== '');
  // Git still lists what was deleted and not committed, and folders that are repositories.
  return paths.filter((path) => statSync(join(top, path), { throwIfNoEntry: false })?.isFile());
}

function readText(file: string): string {
  const text = readFileSync(file, 'utf8');
  return text.includes('\0') ? '' : text;
}
