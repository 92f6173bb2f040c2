// Waiting on a real cluster: the limits are ten times what is expected on a slow machine, and the
// pauses long enough to leave the machine to the cluster.
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../support/until.ts';

/** What takes seconds: pods that start or end, conditions that follow. */
export const PATIENCE_MS = 240_000;
/** What the kubelet does by its own slow clock: fresh Secrets in mounted folders, image pulls. */
export const LONG_PATIENCE_MS = 600_000;
const INTERVAL_MS = 200;

/** Asks until `ask` neither throws nor gives undefined or false, and gives its answer. */
export function eventually<T>(
  awaited: string,
  ask: () => Promise<T | undefined | false>,
  limitMs = PATIENCE_MS,
): Promise<T> {
  const paced = async () => {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      await pause(INTERVAL_MS);
      throw error;
    }
    await pause(INTERVAL_MS);
    return undefined;
  };
  return until(awaited, paced, limitMs);
}

/** Looks again and again for so long; `check` throws when something is not as it should stay. */
export async function stays(check: () => Promise<void>, durationMs: number): Promise<void> {
  for (const endMs = Date.now() + durationMs; Date.now() < endMs; await pause(INTERVAL_MS)) {
    await check();
  }
}
