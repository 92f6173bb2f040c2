// Arrays as Postgres takes them in binary: text would double the bytes of every value. Pure.
// Next: `statements.ts` hands them to `unnest`.

/** The numbers by which Postgres knows the types of elements. */
const TYPES = { bytea: 17, int8: 20, int4: 23 } as const;

const HEAD_BYTES = 20;
const LENGTH_BYTES = 4;
const IS_NULL = -1;

/**
 * One dimension, with or without nulls, the type, how many elements, counted from 1; then each
 * element with its length.
 */
function wireArray<T>(
  type: keyof typeof TYPES,
  elements: readonly (T | null)[],
  bytesOf: (element: T) => number,
  write: (bytes: Buffer, element: T, at: number) => void,
): Buffer {
  const size = elements.reduce(
    (sum, element) => sum + LENGTH_BYTES + (element === null ? 0 : bytesOf(element)),
    HEAD_BYTES,
  );
  const bytes = Buffer.allocUnsafe(size);
  [1, elements.includes(null) ? 1 : 0, TYPES[type], elements.length, 1].forEach((number, at) => {
    bytes.writeInt32BE(number, 4 * at);
  });
  let at = HEAD_BYTES;
  for (const element of elements) {
    const length = element === null ? 0 : bytesOf(element);
    bytes.writeInt32BE(element === null ? IS_NULL : length, at);
    if (element !== null) write(bytes, element, at + LENGTH_BYTES);
    at += LENGTH_BYTES + length;
  }
  return bytes;
}

export const byteaArray = (elements: readonly Uint8Array[]): Buffer =>
  wireArray<Uint8Array>(
    'bytea',
    elements,
    (element) => element.byteLength,
    (bytes, element, at) => bytes.set(element, at),
  );

export const int4Array = (elements: readonly number[]): Buffer =>
  wireArray<number>(
    'int4',
    elements,
    () => 4,
    (bytes, element, at) => bytes.writeInt32BE(element, at),
  );

export const int8Array = (elements: readonly (number | null)[]): Buffer =>
  wireArray<number>(
    'int8',
    elements,
    () => 8,
    (bytes, element, at) => bytes.writeBigInt64BE(BigInt(element), at),
  );
