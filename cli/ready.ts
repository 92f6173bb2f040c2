// Waits until an instance is ready in its present generation; one that is to have no pods now is
// not waited for. commands/suspend.ts asks.
import { setTimeout as pause } from 'node:timers/promises';
import type { DumbKV } from '../crds/schema.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-code.ts';
import { Failure } from './failure.ts';
import { DUMBKVS } from './kubectl.ts';
import { limits } from './limits.ts';
import { conditionOf, isCurrent } from './status-text.ts';

/** Why an instance is as asked without pods. */
const AT_REST = ['Sleeping', 'NoReplicas', 'Suspended'];

/** The operator is not there, or looks after other namespaces. */
export const notTakenUp = (): Failure =>
  new Failure('The operator has not taken it up yet: see whether dumbkv-operator runs.');

/**
 * Waits until an instance is ready, or says at once that it will not be while its schedule has it
 * sleep.
 * @returns the exit code
 */
export async function untilReady(context: Context): Promise<number> {
  const { kubectl, name, out } = context;
  const dumbkv = await untilSeen(context);
  const ready = conditionOf(dumbkv, 'Ready');
  if (ready !== undefined && AT_REST.includes(ready.reason)) {
    out(`It is not waited for (${ready.reason}): ${ready.message}`);
    return EXIT.notReady;
  }
  const condition = ['--for=condition=Ready', `--timeout=${limits.readyWait}`];
  await kubectl.output(['wait', DUMBKVS, name, ...condition]);
  out('It is ready.');
  return EXIT.ok;
}

/** The instance, once the operator has looked at what is asked of it now. */
async function untilSeen({ kubectl, name }: Context): Promise<DumbKV> {
  for (let leftMs: number = limits.operatorWaitMs; leftMs > 0; leftMs -= limits.lookAgainMs) {
    const dumbkv = await kubectl.dumbkv(name);
    if (isCurrent(dumbkv)) return dumbkv;
    await pause(limits.lookAgainMs);
  }
  throw notTakenUp();
}
