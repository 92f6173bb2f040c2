// A group of batches as one run of bytes, which is handed from one thread to another: a graph of
// objects would be taken apart and put together again for every group.
// Next: `writer-thread.ts` reads what `group-commit.ts` sends.

import { textType } from '../sealing/content.ts';
import type { Batch, Change, Condition } from './change.ts';

/*
 * A batch: how many changes (2 bytes). A change: op (1), length of what is rarely there (2),
 * database (4), length of the key (2) and of the value (4), the key in UTF-8, what is rarely there
 * as JSON, the value.
 */
const BATCH_HEAD_BYTES = 2;
const HEAD_BYTES = 13;
const OPS = ['put', 'remove', 'add', 'check'] as const;

/** A surrogate pair is two code units and four bytes; any other unit is three bytes at most. */
const BYTES_PER_UNIT_MAX = 3;

/** What most changes do not have. */
interface Rare {
  readonly condition?: Condition | undefined;
  readonly contentType?: string | undefined;
  readonly ttlMs?: number | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly delta?: string | undefined;
}

/** What is rarely there takes no more than this, whatever it is: conditions are bounded. */
const RARE_BYTES_MAX = 8 * 1024;

/** How many bytes a batch may take at most, what is rarely there left out. */
export function encodedBytesMax(batch: Batch): number {
  return batch.reduce((sum, change) => sum + changeBytesMax(change), BATCH_HEAD_BYTES);
}

const changeBytesMax = (change: Change): number =>
  HEAD_BYTES + BYTES_PER_UNIT_MAX * change.key.length + valueIn(change).byteLength;

const NO_VALUE = new Uint8Array();
const valueIn = (change: Change): Uint8Array => (change.op === 'put' ? change.value : NO_VALUE);

/** The bytes of a group, in a buffer of their own that may be handed over. */
export function encodeBatches(batches: readonly Batch[]): ArrayBuffer {
  const rare = batches.map((batch) => batch.map(rareTextOf));
  const rareBytes = rare.flat().reduce((sum, text) => sum + BYTES_PER_UNIT_MAX * text.length, 0);
  const size = batches.reduce((sum, batch) => sum + encodedBytesMax(batch), rareBytes);
  const bytes = Buffer.from(new ArrayBuffer(size));
  let at = 0;
  batches.forEach((batch, b) => {
    at = bytes.writeUInt16BE(batch.length, at);
    batch.forEach((change, c) => {
      at = write(change, rare[b]?.[c] ?? '', bytes, at);
    });
  });
  // the reader knows by the end of the buffer where the last batch ends
  return bytes.buffer.slice(0, at) as ArrayBuffer;
}

function rareTextOf(change: Change): string {
  const { condition } = change;
  const rare: Rare = {
    condition,
    contentType:
      change.op !== 'put' || change.contentType === textType ? undefined : change.contentType,
    ttlMs: change.op === 'put' || change.op === 'add' ? change.ttlMs : undefined,
    expiresAtMs: change.op === 'put' ? change.expiresAtMs : undefined,
    delta: change.op === 'add' ? String(change.delta) : undefined,
  };
  const isBare = Object.values(rare).every((part) => part === undefined);
  return isBare ? '' : JSON.stringify(rare);
}

function write(change: Change, rare: string, bytes: Buffer, start: number): number {
  const value = valueIn(change);
  const keyBytes = bytes.write(change.key, start + HEAD_BYTES, 'utf8');
  const rareStart = start + HEAD_BYTES + keyBytes;
  const rareBytes = rare === '' ? 0 : bytes.write(rare, rareStart, 'utf8');
  if (rareBytes > RARE_BYTES_MAX) throw new Error('a condition is longer than a group may carry');
  bytes.writeUInt8(OPS.indexOf(change.op), start);
  bytes.writeUInt16BE(rareBytes, start + 1);
  bytes.writeUInt32BE(change.database, start + 3);
  bytes.writeUInt16BE(keyBytes, start + 7);
  bytes.writeUInt32BE(value.byteLength, start + 9);
  bytes.set(value, rareStart + rareBytes);
  return rareStart + rareBytes + value.byteLength;
}

/** The batches of a group; values are views into its buffer. */
export function decodeBatches(buffer: ArrayBuffer): Batch[] {
  const bytes = Buffer.from(buffer);
  const batches: Batch[] = [];
  for (let at = 0; at < bytes.length; ) {
    const count = bytes.readUInt16BE(at);
    at += BATCH_HEAD_BYTES;
    const batch: Change[] = [];
    for (let c = 0; c < count; c += 1) {
      const { change, end } = read(bytes, at);
      batch.push(change);
      at = end;
    }
    batches.push(batch);
  }
  return batches;
}

function read(bytes: Buffer, at: number): { change: Change; end: number } {
  const keyStart = at + HEAD_BYTES;
  const rareStart = keyStart + bytes.readUInt16BE(at + 7);
  const valueStart = rareStart + bytes.readUInt16BE(at + 1);
  const end = valueStart + bytes.readUInt32BE(at + 9);
  const target = {
    database: bytes.readUInt32BE(at + 3),
    key: bytes.toString('utf8', keyStart, rareStart),
  };
  const rareText = bytes.toString('utf8', rareStart, valueStart);
  const rare: Rare = rareText === '' ? {} : JSON.parse(rareText);
  const { condition, ttlMs, expiresAtMs, contentType = textType, delta = '0' } = rare;
  const value = bytes.subarray(valueStart, end);
  const op = OPS[bytes.readUInt8(at)];
  if (op === 'put')
    return { change: { op, ...target, condition, value, contentType, ttlMs, expiresAtMs }, end };
  if (op === 'add')
    return { change: { op, ...target, condition, delta: BigInt(delta), ttlMs }, end };
  if (op === undefined) throw new Error('a change of no known kind');
  return { change: { op, ...target, condition }, end };
}
