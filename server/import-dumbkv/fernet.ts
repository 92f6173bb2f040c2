// Fernet tokens, as the original DumbKV sealed its values, and the column that served it as name
// and as key in one. Pure; only opens.
// Next: `import.ts` opens rows with it.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';

const VERSION = 0x80;
const VERSION_BYTES = 1;
const TIME_BYTES = 8;
const IV_BYTES = 16;
const BLOCK_BYTES = 16;
const HMAC_BYTES = 32;
const HALF_KEY_BYTES = 16;
const HEAD_BYTES = VERSION_BYTES + TIME_BYTES + IV_BYTES;

/** A token does not open with this key, or is none. The message holds nothing of either. */
export class FernetError extends Error {
  override readonly name = 'FernetError';
}

/** What the original stored in place of a key: base64url of 32 hex digits of its SHA-256. */
export function columnOfKey(key: string): string {
  const digits = createHash('sha256').update(key, 'utf8').digest('hex').slice(0, 32);
  return base64UrlOf(Buffer.from(digits, 'latin1'));
}

/** What a token holds. Throws FernetError; gives back nothing that its HMAC does not vouch for. */
export function openFernet(key: string, token: string): Buffer {
  const keyBytes = bytesOf(key);
  if (keyBytes?.length !== 2 * HALF_KEY_BYTES) throw new FernetError('the key is not 32 bytes');
  const bytes = bytesOf(token);
  if (bytes === undefined) throw new FernetError('the token is not base64url');
  const end = bytes.length - HMAC_BYTES;
  const sealedBytes = end - HEAD_BYTES;
  if (sealedBytes < BLOCK_BYTES || sealedBytes % BLOCK_BYTES !== 0 || bytes[0] !== VERSION) {
    throw new FernetError('the token has a wrong length or version');
  }
  const signed = bytes.subarray(0, end);
  const hmac = createHmac('sha256', keyBytes.subarray(0, HALF_KEY_BYTES)).update(signed).digest();
  // before anything is deciphered
  if (!timingSafeEqual(hmac, bytes.subarray(end))) throw new FernetError('the HMAC is another one');
  return decipher(keyBytes.subarray(HALF_KEY_BYTES), signed);
}

function decipher(key: Buffer, signed: Buffer): Buffer {
  const iv = signed.subarray(VERSION_BYTES + TIME_BYTES, HEAD_BYTES);
  const cipher = createDecipheriv('aes-128-cbc', key, iv);
  try {
    return Buffer.concat([cipher.update(signed.subarray(HEAD_BYTES)), cipher.final()]);
  } catch (error) {
    throw new FernetError('the padding is wrong', { cause: error });
  }
}

const base64UrlOf = (bytes: Buffer): string =>
  bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');

/** Undefined unless the text is base64url to the last character, padding and all. */
function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return base64UrlOf(bytes) === text ? bytes : undefined;
}
