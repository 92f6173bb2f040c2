// The requests of a workload in the words of a peer, in an order that is the same in every run.
// Next: `load/requests.ts` renders them.
import { keyOf, valueWith } from './fill.ts';
import type { HttpRequest, Peer } from './peers/peer.ts';
import type { Workload } from './workloads.ts';

const READS_PER_WRITE = 9;
const SEED = 20_240_607;

/** Numbers below `end`, which come again only when all others have: a shuffle with a fixed seed. */
export function shuffledTo(end: number): number[] {
  const numbers = Array.from({ length: end }, (_, at) => at);
  let state = SEED;
  for (let at = end - 1; at > 0; at -= 1) {
    // the constants of Numerical Recipes; its high bits are the good ones
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (at + 1));
    const [one = 0, two = 0] = [numbers[at], numbers[other]];
    numbers[at] = two;
    numbers[other] = one;
  }
  return numbers;
}

/** The requests of one pass; generators go round and round. */
export function requestsOf(peer: Peer, workload: Workload): HttpRequest[] {
  const { operation, keys, keysAsked, valueBytes } = workload;
  if (operation === 'scrape') {
    if (peer.scrape === undefined) throw new Error(`${peer.name} has no metrics`);
    return [peer.scrape];
  }
  const value = valueWith(valueBytes);
  const numbers = shuffledTo(Math.max(keys, keysAsked)).slice(0, keysAsked);
  return numbers.map((number, at) => {
    const key = keyOf(number, valueBytes);
    const writes = operation === 'write' || (operation === 'mix' && at % 10 === READS_PER_WRITE);
    return writes ? peer.write(key, value) : peer.read(key);
  });
}
