// How a store in files does: what they take on the disk. SQLite works within the calls of a
// turn, so whoever asks finds its connections idle.
// Next: `../metrics.ts` shows it.
import { stat } from 'node:fs/promises';
import type { EngineVitals } from './engine.ts';
import { readVolumeBeside } from './free-room.ts';

/** Looks at the files of a store with so many connections; without `location` it has none. */
export async function readFileVitals(
  connections: number,
  location?: string,
): Promise<EngineVitals> {
  return {
    ...{ connectionsOpen: connections, connectionsIdle: connections, connectionsMax: connections },
    ...(location === undefined
      ? {}
      : {
          fileBytes: await sizeOf(location),
          logBytes: await sizeOf(`${location}-wal`),
          volume: await readVolumeBeside(location),
        }),
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.size;
}
