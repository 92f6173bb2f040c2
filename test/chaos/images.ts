// Where images of stores are laid out to be opened, one after the other.
// Used by `crash-images.ts` and `flipped-bytes.ts`.
import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './proof.ts';
import { DATABASE } from './store-files.ts';

const MEMORY = '/dev/shm';
/** As much as a store keeps free: one that is there is not made anew at each opening. */
const RESERVE_BYTES = 6 * 2 ** 20;

export type Files = ReadonlyMap<string, Buffer>;

/** Lays files out as the only image, and gives the place of its database. */
export type Layer = (files: Files) => string;

/** In memory where that can be, since what is asked of an image does not depend on a disk. */
export function layerOf(run: Run): Layer {
  const top = existsSync(MEMORY) ? mkdtempSync(join(MEMORY, 'dumbkv-chaos-')) : run.folder;
  if (top !== run.folder) run.atEnd(() => rmSync(top, { recursive: true, force: true }));
  const reserve = join(top, 'reserve');
  writeFileSync(reserve, Buffer.alloc(RESERVE_BYTES));
  const folder = join(top, 'image');
  return (files) => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFiles(folder, files);
    linkSync(reserve, join(folder, `${DATABASE}.reserve`));
    return join(folder, DATABASE);
  };
}

/** Keeps the files of an image that was found wrong, where the run's own files are. */
export function keepImage(run: Run, files: Files): void {
  const folder = join(run.folder, 'wrong-image');
  mkdirSync(folder);
  writeFiles(folder, files);
}

function writeFiles(folder: string, files: Files): void {
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}
