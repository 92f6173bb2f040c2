// Writers that put and delete, each its own keys, one write at a time, and a reader of all keys.
// What they learn is in the ledger. Used by all proofs that load a server.
import type { Chance } from './chance.ts';
import { REFUSALS } from './http-client.ts';
import type { Answer, KvClient } from './kv-client.ts';
import { type Ledger, valueFor } from './ledger.ts';

export interface Load {
  readonly client: KvClient;
  readonly ledger: Ledger;
  readonly chance: Chance;
  readonly writers: number;
  readonly keysPerWriter: number;
  /** The longest value, in bytes. */
  readonly lengthBytesMax: number;
  /** Asked before each write: whether writers stop. */
  readonly isOver: () => boolean;
  /** Told each answer. */
  readonly onAnswer?: (answer: Answer) => void;
}

const DELETIONS_SHARE = 0.25;

let place = 0;

/** Writes until it is over, or the server is gone. Throws at an answer that is never right. */
export async function writeUnderLoad(load: Load): Promise<void> {
  const writers = Array.from({ length: load.writers }, (_, writer) => writeAsOne(load, writer));
  await Promise.all(writers);
}

async function writeAsOne(load: Load, writer: number): Promise<void> {
  const { client, ledger, chance } = load;
  while (!load.isOver()) {
    const key = `${writer}/${chance.below(load.keysPerWriter)}`;
    const isDeletion = ledger.stateOf(key) !== undefined && chance.happens(DELETIONS_SHARE);
    place += 1;
    const value = isDeletion ? undefined : valueFor(key, place, chance.below(load.lengthBytesMax));
    ledger.sent(key, value);
    const answer = await (value === undefined
      ? client.send('DELETE', { key })
      : client.send('PUT', { key, value }));
    load.onAnswer?.(answer);
    if (answer.status === 0) return;
    if (answer.status === 200) ledger.acknowledged(key, value);
    else if (REFUSALS.includes(answer.code ?? '')) ledger.refused(key);
    else if (answer.status < 500) throw new Error(`a write was answered with ${told(answer)}`);
  }
}

/**
 * Reads every key of the ledger. Throws where an acknowledged state is missing. What was found is
 * there for good, unless the store has failed: then what is uncertain may still come.
 */
export async function expectNothingLost(
  client: KvClient,
  ledger: Ledger,
  isForGood = true,
): Promise<void> {
  const [keys, complaints] = [[...ledger.keys], [] as string[]];
  const readOn = async () => {
    for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
      const answer = await client.send('POST', { key });
      if (answer.status !== 200 && answer.code !== 'DKV_KEY_NOT_FOUND') {
        throw new Error(`reading ${key} was answered with ${told(answer)}`);
      }
      const complaint = ledger.complaint(key, answer.value);
      if (complaint !== undefined) complaints.push(complaint);
      else if (isForGood) ledger.settle(key, answer.value);
    }
  };
  await Promise.all(Array.from({ length: 32 }, readOn));
  if (complaints.length === 0) return;
  const first = complaints.slice(0, 5).join('\n  ');
  throw new Error(`${complaints.length} keys are not as acknowledged:\n  ${first}`);
}

const told = ({ status, code = '' }: Answer): string => `${status} ${code}`;
