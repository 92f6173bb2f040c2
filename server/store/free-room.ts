// How much room a disk has left, for those who have to tell a full one from one that fails.
// Next: `reserve.ts` and `failures.ts`; `file-vitals.ts` tells of it.
import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { VolumeRoom } from './store.ts';

/** What is free for this user where a file lies, in bytes. Quotas are not seen. */
export function freeBytesBeside(location: string): number {
  const { blocks, bavail, bsize } = statfsSync(dirname(location));
  // some file systems of other kinds count no blocks at all
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}

/** The file system that a file lies on; undefined where it cannot be told. */
export async function readVolumeBeside(location: string): Promise<VolumeRoom | undefined> {
  const found = await statfs(dirname(location)).catch(() => undefined);
  if (found === undefined || found.blocks === 0) return undefined;
  const { blocks, bfree, bavail, bsize } = found;
  return { sizeBytes: (blocks - bfree + bavail) * bsize, availableBytes: bavail * bsize };
}
