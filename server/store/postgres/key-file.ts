// The sealing key file while the store is served: when it changes, its first key seals what is made
// from then on, and the rotation begins.
// Next: `rotation-steps.ts` takes its keys.
import type { BaseLogger } from 'pino';
import type { SealingKey } from '../../sealing/key-file.ts';
import { watchSealingKeys } from '../../sealing/key-watch.ts';
import { RotationClock } from './rotation-clock.ts';
import type { RotationSteps } from './rotation-steps.ts';

export interface KeyFileParts {
  readonly path: string;
  /** What was read of it at the start. */
  readonly keys: readonly SealingKey[];
  readonly rotation: RotationSteps;
  readonly log: BaseLogger;
}

/** Watches the file, and rotates, until the function that this gives is called. */
export function followKeyFile({ path, keys, rotation, log }: KeyFileParts): () => void {
  const clock = new RotationClock(rotation, log);
  const take = async (found: readonly SealingKey[]) => {
    await rotation.useKeys(found);
    clock.wake();
  };
  const endWatch = watchSealingKeys({ path, keys, take }, log);
  return () => {
    endWatch();
    clock.close();
  };
}
