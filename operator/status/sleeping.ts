// What the status says of an instance that sleeps by its schedule. Pure; serving.ts and compute.ts
// ask.
import type { DumbKV } from '../../crds/schema.ts';

/** When a sleeping instance wakes up, where that is known; undefined while it does not sleep. */
export function asleepUntil({ rest, spec }: DumbKV): string | undefined {
  if (!rest?.isAsleep || rest.changesMs === undefined) return undefined;
  if (spec.suspended || spec.replicas === 0) return undefined;
  return `${new Date(rest.changesMs).toISOString().slice(0, 19)}Z`;
}

/** Why there are no pods now. */
export function sleepingSentence(dumbkv: DumbKV): string {
  const wakes = asleepUntil(dumbkv);
  const time = wakes === undefined ? 'at any hour' : `until ${wakes}`;
  return `No pod runs ${time}, by spec.sleep; the data is kept. To wake it, change spec.sleep.`;
}
