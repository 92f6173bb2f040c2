// The frames of a write-ahead log, looked through before SQLite does: it takes the first frame
// whose checksum does not fit for the end, and drops all behind it without a word.
// Next: back to `open.ts`.
import { closeSync, openSync, readSync } from 'node:fs';
import { StartError } from '../errors.ts';

const HEAD_BYTES = 32;
const FRAME_HEAD_BYTES = 24;
/** Those of our stores, where the head of the log does not tell. */
const PAGE_BYTES = 4_096;
/** The last bit says that checksums are made of big-endian words. */
const MAGIC = 0x377f0682;

/** Gives the bytes there, as many as there are. */
export type ReadLog = (atByte: number, lengthBytes: number) => Buffer;

type Checksum = readonly [number, number];

/** What the head of a log says of its frames. */
interface Head {
  readonly isWhole: boolean;
  readonly isLittleEndian: boolean;
  readonly pageBytes: number;
  readonly salts: Buffer;
  readonly checksum: Checksum;
}

/**
 * Where a log is damaged in front of what was committed: the number of the frame, 0 for the head;
 * undefined where it is not, as far as can be told.
 *
 * A frame's checksum goes on from the one before it. SQLite writes a frame behind a commit only
 * once that commit is synced, so where such a frame fits to its commit, all frames before were on
 * disk: a loss of power leaves none of them broken. What it may break, together with all that a
 * failed write has left behind, is the last transaction, which nothing was written after.
 */
export function damagedFrame(read: ReadLog): number | undefined {
  const head = headOf(read);
  if (head === undefined) return undefined;
  let damaged = head.isWhole ? undefined : 0;
  let before = head.checksum;
  let isAfterCommit = false;
  const frameBytes = FRAME_HEAD_BYTES + head.pageBytes;
  for (let number = 1; ; number += 1) {
    const frame = read(HEAD_BYTES + (number - 1) * frameBytes, frameBytes);
    if (frame.length < frameBytes) return undefined;
    const fits = frame.subarray(8, 16).equals(head.salts) && isNext(frame, before, head);
    if (fits && isAfterCommit && damaged !== undefined) return damaged;
    if (!fits) damaged ??= number;
    isAfterCommit = fits && frame.readUInt32BE(4) !== 0;
    before = checksumIn(frame, 16);
  }
}

/** Undefined where no frame is there. */
function headOf(read: ReadLog): Head | undefined {
  const bytes = read(0, HEAD_BYTES + FRAME_HEAD_BYTES);
  if (bytes.length < HEAD_BYTES + FRAME_HEAD_BYTES) return undefined;
  const magic = bytes.readUInt32BE(0);
  const isLittleEndian = magic !== MAGIC + 1;
  const checksum = checksumIn(bytes, 24);
  const fits = isEqual(checksumOf(bytes.subarray(0, 24), [0, 0], isLittleEndian), checksum);
  const isWhole = fits && (magic === MAGIC || magic === MAGIC + 1);
  const pageBytes = isWhole ? bytes.readUInt32BE(8) : PAGE_BYTES;
  // the first frame was written together with the head
  const salts = isWhole ? bytes.subarray(16, 24) : bytes.subarray(40, 48);
  return { isWhole, isLittleEndian, pageBytes, salts: Buffer.from(salts), checksum };
}

function isNext(frame: Buffer, before: Checksum, { isLittleEndian }: Head): boolean {
  const start = checksumOf(frame.subarray(0, 8), before, isLittleEndian);
  const page = frame.subarray(FRAME_HEAD_BYTES);
  return isEqual(checksumOf(page, start, isLittleEndian), checksumIn(frame, 16));
}

/** SQLite's own, over pairs of words. */
function checksumOf(bytes: Buffer, [first, second]: Checksum, isLittleEndian: boolean): Checksum {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + words.getUint32(at, isLittleEndian) + second) >>> 0;
    second = (second + words.getUint32(at + 4, isLittleEndian) + first) >>> 0;
  }
  return [first, second];
}

const checksumIn = (bytes: Buffer, at: number): Checksum => [
  bytes.readUInt32BE(at),
  bytes.readUInt32BE(at + 4),
];

const isEqual = (one: Checksum, other: Checksum): boolean =>
  one[0] === other[0] && one[1] === other[1];

/**
 * Throws DKV_STORE_CORRUPT where SQLite would drop acknowledged writes out of the log of a database
 * that nobody has open.
 */
export function expectWholeLog(location: string): void {
  const damaged = damagedFrameIn(`${location}-wal`);
  if (damaged === undefined) return;
  throw new StartError(
    'DKV_STORE_CORRUPT',
    `The write-ahead log ${location}-wal is damaged at its frame ${damaged}, and acknowledged ` +
      'writes are behind it. Nothing was changed. Put a whole copy of the database and its log ' +
      'in their place; how to go on without these writes is said in docs/server.md under Damage.',
  );
}

function damagedFrameIn(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    let buffer = Buffer.alloc(0);
    return damagedFrame((at, length) => {
      if (buffer.length < length) buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, at));
    });
  } finally {
    closeSync(file);
  }
}
