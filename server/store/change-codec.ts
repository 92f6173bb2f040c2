// Changes as one run of bytes, which is handed from one thread to another: a graph of objects would
// be taken apart and put together again for every group.
// Next: `writer-thread.ts` reads what `group-commit.ts` sends.
import type { Change } from './change.ts';

/*
 * A change: op and condition (1 byte), database (4), length of the key (2) and of the value (4),
 * the key in UTF-8, the value.
 */
const HEAD_BYTES = 11;
const REMOVE = 0;
const PUT = 1;
const PUT_IF_ABSENT = 2;

/** A surrogate pair is two code units and four bytes; any other unit is three bytes at most. */
const BYTES_PER_UNIT_MAX = 3;

/** How many bytes a change may take at most. */
export function encodedBytesMax(change: Change): number {
  const valueBytes = change.op === 'put' ? change.value.byteLength : 0;
  return HEAD_BYTES + BYTES_PER_UNIT_MAX * change.key.length + valueBytes;
}

/** The bytes of a group, in a buffer of their own that may be handed over. */
export function encodeChanges(changes: readonly Change[]): ArrayBuffer {
  const size = changes.reduce((sum, change) => sum + encodedBytesMax(change), 0);
  const bytes = Buffer.from(new ArrayBuffer(size));
  let at = 0;
  for (const change of changes) at = write(change, bytes, at);
  // the reader knows by the end of the buffer where the last change ends
  return bytes.buffer.slice(0, at) as ArrayBuffer;
}

function write(change: Change, bytes: Buffer, start: number): number {
  const keyBytes = bytes.write(change.key, start + HEAD_BYTES, 'utf8');
  const value = change.op === 'put' ? change.value : undefined;
  bytes.writeUInt8(opOf(change), start);
  bytes.writeUInt32BE(change.database, start + 1);
  bytes.writeUInt16BE(keyBytes, start + 5);
  bytes.writeUInt32BE(value?.byteLength ?? 0, start + 7);
  const valueStart = start + HEAD_BYTES + keyBytes;
  if (value !== undefined) bytes.set(value, valueStart);
  return valueStart + (value?.byteLength ?? 0);
}

const opOf = (change: Change): number => {
  if (change.op === 'remove') return REMOVE;
  return change.ifAbsent ? PUT_IF_ABSENT : PUT;
};

/** The changes of a group; values are views into its buffer. */
export function decodeChanges(buffer: ArrayBuffer): Change[] {
  const bytes = Buffer.from(buffer);
  const changes: Change[] = [];
  for (let at = 0; at < bytes.length; ) {
    const op = bytes.readUInt8(at);
    const database = bytes.readUInt32BE(at + 1);
    const keyStart = at + HEAD_BYTES;
    const valueStart = keyStart + bytes.readUInt16BE(at + 5);
    const key = bytes.toString('utf8', keyStart, valueStart);
    at = valueStart + bytes.readUInt32BE(at + 7);
    const value = bytes.subarray(valueStart, at);
    const ifAbsent = op === PUT_IF_ABSENT;
    changes.push(
      op === REMOVE
        ? { op: 'remove', database, key }
        : { op: 'put', database, key, value, ifAbsent },
    );
  }
  return changes;
}
