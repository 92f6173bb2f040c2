// The ways in which an example of a reason comes about: something happens to an instance, or is
// there when it arrives. examples.ts has one for each reason.
import { DEPLOYMENT, POD } from '../../../../operator/api/resources.ts';
import { dumbkv, podWithContainer, type readyPod } from '../../../support/objects.ts';
import { World } from './world.ts';

export type Example = () => Promise<World>;

/** A settled instance to which something happens, and the reconcile after it. */
export const after =
  (happens: (world: World) => void): Example =>
  async () => {
    const world = await new World().settle();
    happens(world);
    await world.run().catch(() => {});
    return world;
  };
/** What is there already when a new DumbKV is looked at for the first time. */
export const onArrival =
  (spec: object, prepare: (world: World) => void = () => {}): Example =>
  async () => {
    const world = new World(dumbkv({ spec }));
    prepare(world);
    await world.run();
    return world;
  };
/** The pod is another one than that of an instance that serves. */
export const podIs = (pod: ReturnType<typeof readyPod>) =>
  after((world) => {
    world.client.put(POD, pod);
    world.client.amend(DEPLOYMENT, 'shop', 'orders', { status: { readyReplicas: 0 } });
  });
/** The server ended with this code in its last line. */
export const crash = (code: string) =>
  podIs(
    podWithContainer({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, message: `{"code":"${code}","msg":"Why."}` } },
    }),
  );
