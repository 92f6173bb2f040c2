// The sealing key file: its format, and the fingerprint by which a key is known without being told.
// Pure; the operator imports it too.
// Next: `key-source.ts` reads the file, `key-ring.ts` uses the keys.
import { createHash } from 'node:crypto';

/** A key-encryption key is this long. */
export const sealingKeyBytes = 32;

const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/]{43}=$/;

/** One key-encryption key of the file; `id` is its fingerprint. */
export interface SealingKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** A line that is no key, or no key at all. The message names the line, never what stands on it. */
export class SealingKeyFileError extends Error {
  override readonly name = 'SealingKeyFileError';
}

/** The fingerprint of a key: 32 hex digits, safe to show. */
export function sealingKeyFingerprint(key: Uint8Array): string {
  return createHash('sha256')
    .update('dumbkv-key-encryption-key\0')
    .update(key)
    .digest('hex')
    .slice(0, 32);
}

/**
 * The keys of a file in its order: the first seals, the others only open. Throws
 * SealingKeyFileError.
 */
export function parseSealingKeyFile(text: string): SealingKey[] {
  const keys = text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' ? [] : [keyOfLine(trimmed, index + 1)];
  });
  if (keys.length === 0) {
    throw new SealingKeyFileError('holds no key: it needs a line with 32 bytes in base64');
  }
  return keys;
}

function keyOfLine(line: string, lineNumber: number): SealingKey {
  const bytes = Buffer.from(line, 'base64');
  if (!BASE64_OF_32_BYTES.test(line) || bytes.toString('base64') !== line) {
    throw new SealingKeyFileError(`line ${lineNumber} is not 32 bytes in base64 (44 characters)`);
  }
  return { id: sealingKeyFingerprint(bytes), bytes };
}

/** The text of a file that holds one key. Throws SealingKeyFileError if the key is not 32 bytes. */
export function sealingKeyFileText(key: Uint8Array): string {
  if (key.length !== sealingKeyBytes) {
    throw new SealingKeyFileError(`a sealing key has ${sealingKeyBytes} bytes, not ${key.length}`);
  }
  return `${Buffer.from(key).toString('base64')}\n`;
}
