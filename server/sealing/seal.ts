// Sealing, byte for byte as docs/server.md has it: lookups, sealed names and values, wrapped keys.
// Pure: nonces come in.
// Next: `key-ring.ts` says which key.
import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from 'node:crypto';

/** The first byte of everything sealed; another layout gets another number. */
export const sealFormat = 1;
/** The first byte of a sealed value that begins with its media type; see `content.ts`. */
export const contentFormat = 2;
export const nonceBytes = 12;

const TAG_BYTES = 16;
const FIELD_DATA_BYTES = 70;
const ALGORITHM = 'aes-256-gcm';
const FIELD_BYTE = { name: 1, value: 2 } as const;
const PURPOSE_BYTE = { lookup: 1, data: 2 } as const;

export type SealFormat = typeof sealFormat | typeof contentFormat;
export type SealedField = keyof typeof FIELD_BYTE;
export type KeyPurpose = keyof typeof PURPOSE_BYTE;

/** Where a sealed field stands; it opens nowhere else. */
export interface SealPlace {
  /** The 16 bytes of the store's UUID. */
  readonly storeId: Uint8Array;
  readonly database: number;
  readonly lookup: Uint8Array;
  readonly dataKeyId: number;
  /** Milliseconds since 1970, or null for an entry that never expires. */
  readonly expiresAtMs: number | null;
}

/** Something sealed does not open: damaged, moved, or sealed with another key. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';
}

/**
 * The lookup column: HMAC-SHA-256 over the database number (4 bytes, big-endian) and the name in
 * UTF-8.
 */
export function lookupOf(lookupKey: KeyObject, database: number, name: string): Buffer {
  const bytes = Buffer.allocUnsafe(4 + Buffer.byteLength(name, 'utf8'));
  bytes.writeUInt32BE(database);
  bytes.write(name, 4, 'utf8');
  return createHmac('sha256', lookupKey).update(bytes).digest();
}

/** The associated data of a sealed field: 70 bytes. */
export function fieldAssociatedData(
  place: SealPlace,
  field: SealedField,
  format: SealFormat = sealFormat,
): Buffer {
  const bytes = Buffer.allocUnsafe(FIELD_DATA_BYTES);
  bytes[0] = format;
  bytes.set(place.storeId, 1);
  bytes.writeUInt32BE(place.database, 17);
  bytes.set(place.lookup, 21);
  writeUint64(bytes, place.dataKeyId, 53);
  bytes[61] = FIELD_BYTE[field];
  writeUint64(bytes, place.expiresAtMs ?? 0, 62);
  return bytes;
}

/** The associated data of a wrapped key: 26 bytes. */
export function keyAssociatedData(storeId: Uint8Array, purpose: KeyPurpose, id: number): Buffer {
  return Buffer.concat([
    Buffer.of(sealFormat),
    storeId,
    Buffer.of(PURPOSE_BYTE[purpose]),
    uint64(id),
  ]);
}

/**
 * Seals with AES-256-GCM: format byte, nonce, ciphertext, tag. A nonce must never be used twice
 * with a key.
 */
export function seal(
  key: KeyObject,
  plain: Uint8Array,
  associatedData: Uint8Array,
  nonce: Uint8Array,
): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(associatedData);
  const ciphertext = cipher.update(plain);
  // in this mode nothing is left for the end
  cipher.final();
  const end = 1 + nonceBytes + ciphertext.length;
  const sealed = Buffer.allocUnsafe(end + TAG_BYTES);
  // the format that the associated data tells
  sealed[0] = associatedData[0] ?? 0;
  sealed.set(nonce, 1);
  sealed.set(ciphertext, 1 + nonceBytes);
  sealed.set(cipher.getAuthTag(), end);
  return sealed;
}

/**
 * Opens what `seal` made. Throws SealBrokenError; never gives back anything else than what was
 * sealed.
 */
export function open(key: KeyObject, sealed: Uint8Array, associatedData: Uint8Array): Buffer {
  const end = sealed.length - TAG_BYTES;
  const start = 1 + nonceBytes;
  if (end < start || sealed[0] !== associatedData[0]) {
    throw new SealBrokenError('the sealed bytes are too short or of an unknown format');
  }
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(1, start), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associatedData).setAuthTag(sealed.subarray(end));
  // in memory of its own: what is kept of it shall not keep a pool of many
  const plain = decipher.update(sealed.subarray(start, end));
  try {
    // nothing is left for the end but whether it is what was sealed
    decipher.final();
  } catch (error) {
    throw new SealBrokenError('the sealed bytes do not open', { cause: error });
  }
  return plain;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  writeUint64(bytes, value, 0);
  return bytes;
}

/** A whole number up to 2^53, which needs no BigInt. */
function writeUint64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value % 2 ** 32, at + 4);
}
