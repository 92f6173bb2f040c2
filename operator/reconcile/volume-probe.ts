// Asks a server for the room on its volume, by the metrics that it shows to everybody.
// volume-usage.ts decides when, and remembers.
import type { IncomingMessage } from 'node:http';
import { withDeadline } from '../kube/deadline.ts';
import { usageLimits } from '../limits.ts';
import { type VolumeRoom, volumeRoomFrom } from '../status/usage.ts';
import { addressesOf, getOnce, lookUpName, textOf } from './service-get.ts';

/** GETs the metrics at a URL once; undefined where they do not tell, whatever the cause. */
export async function readVolumeRoom(
  url: string,
  signal: AbortSignal,
  lookUp = lookUpName,
): Promise<VolumeRoom | undefined> {
  try {
    const addresses = await addressesOf(url, signal, lookUp);
    return await withDeadline(usageLimits.timeoutMs, signal, (limited) =>
      getOnce(url, addresses, roomFrom, limited),
    );
  } catch {
    return undefined;
  }
}

async function roomFrom(response: IncomingMessage): Promise<VolumeRoom | undefined> {
  const text = await textOf(response, usageLimits.bodyCharacters);
  return response.statusCode === 200 ? volumeRoomFrom(text) : undefined;
}
