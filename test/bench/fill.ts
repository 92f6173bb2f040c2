// Puts keys into a peer before a workload: by HTTP, many at a time, or straight into its database.
// Next: `measure.ts`.
import { Pool } from 'undici';
import { type HttpRequest, partsOf } from './peers/peer.ts';
import type { Running } from './running.ts';

const CONNECTIONS = 64;
/** Rendered at one time. */
const KEYS_PER_PART = 50_000;

/** A key by its number and the length of its values, which keeps those of one length together. */
export const keyOf = (number: number, valueBytes: number): string =>
  `key-${valueBytes}-${String(number).padStart(9, '0')}`;

/** A value of so many letters and digits, which no peer has to escape. */
export const valueWith = (bytes: number): string =>
  'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(bytes / 36 + 1).slice(0, bytes);

/** Puts in the keys from one number up to another. */
export async function fill(
  { peer, place, origin }: Running,
  { from, to, valueBytes }: { from: number; to: number; valueBytes: number },
): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, at) => from + at);
  const value = valueWith(valueBytes);
  for (const part of partsOf(numbers, KEYS_PER_PART)) {
    const filling = { keys: part.map((number) => keyOf(number, valueBytes)), value };
    if (peer.fillFrom) peer.fillFrom(place, filling);
    else await sendAll(origin, peer.fill(filling));
  }
}

async function sendAll(origin: string, requests: readonly HttpRequest[]): Promise<void> {
  const pool = new Pool(origin, { connections: CONNECTIONS });
  const left = requests.values();
  const sender = async () => {
    for (const { headers = {}, body = null, ...request } of left) {
      const answer = await pool.request({ ...request, headers, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) {
        throw new Error(`${origin} refused a key with ${answer.statusCode}: ${text.slice(0, 200)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  await pool.close();
}
