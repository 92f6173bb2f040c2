// The list of all proofs, in the order in which `docs/durability.md` speaks of them.
// Next: each of these files is one.
import { crashImages } from './crash-images.ts';
import { diskErrors } from './disk-errors.ts';
import { flippedBytes } from './flipped-bytes.ts';
import { histories } from './histories.ts';
import { kills } from './kills.ts';
import { postgresHistories } from './postgres-histories.ts';
import { postgresWrites } from './postgres-writes.ts';
import type { Proof } from './proof.ts';
import { schedules } from './schedules.ts';
import { synced } from './synced.ts';

export const proofs: readonly Proof[] = [
  synced,
  kills,
  diskErrors,
  crashImages,
  flippedBytes,
  histories,
  postgresWrites,
  postgresHistories,
  schedules,
];
