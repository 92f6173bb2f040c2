// How much room a disk has left, for those who have to tell a full one from one that fails.
// Next: `reserve.ts` and `failures.ts`.
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** What is free for this user where a file lies, in bytes. Quotas are not seen. */
export function freeBytesBeside(location: string): number {
  const { blocks, bavail, bsize } = statfsSync(dirname(location));
  // some file systems of other kinds count no blocks at all
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}
