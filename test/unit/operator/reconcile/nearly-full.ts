// An instance whose server says that its volume is nearly full.
// examples.ts has it among the others.
import { World } from './world.ts';

/** It serves, and says that 90 % are used. */
export function nearlyFull(): Promise<World> {
  const world = new World();
  world.readVolumeRoom = async () => ({ sizeBytes: 100, availableBytes: 10 });
  return world.settle();
}
