// Counters: entries whose value is a decimal number of 64 bits with a sign, as text. Pure.
// Next: `decide.ts` adds to them.
import { textType } from '../sealing/content.ts';
import type { Content } from './change.ts';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const DECIMAL = /^(?:0|-?[1-9]\d{0,18})$/;
/** A sign and nineteen digits. */
const BYTES_MAX = 20;

/** The number that a text tells; undefined where it is none of 64 bits with a sign. */
export function int64Of(text: string): bigint | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const number = BigInt(text);
  return number < MIN || number > MAX ? undefined : number;
}

/** What a counter says; undefined where the value is none. */
export function counterOf(value: Uint8Array): bigint | undefined {
  if (value.byteLength > BYTES_MAX) return undefined;
  return int64Of(Buffer.from(value).toString('latin1'));
}

/** The sum; undefined where 64 bits cannot hold it. */
export function addedCounter(counter: bigint, delta: bigint): bigint | undefined {
  const sum = counter + delta;
  return sum < MIN || sum > MAX ? undefined : sum;
}

/** A counter as it is stored. */
export const counterContent = (counter: bigint): Content => ({
  value: Buffer.from(String(counter), 'latin1'),
  contentType: textType,
});
