// Fernet: the published examples, tokens of the original, and that nothing is given back that its
// HMAC does not vouch for.
import { createCipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnOfKey, FernetError, openFernet } from '../../../../server/import-dumbkv/fernet.ts';
import { ORIGINAL } from '../../../server/support/original-database.ts';

/** The key and the tokens of the specification's own examples. */
const KEY = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
const GOOD =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPg' +
  'JobwOz7JcbmrR64jVmpU4IwqDA==';

test('the example of the specification opens', () => {
  expect(openFernet(KEY, GOOD).toString()).toBe('hello');
});

test.each([
  [
    'an incorrect mac',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8' +
      'AKtwcaX1YdykQUFBQUFBQUFBQQ==',
    'HMAC',
  ],
  ['too short', 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==', 'length'],
  [
    'invalid base64',
    '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8' +
      'AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    'base64url',
  ],
  [
    'a payload that is no multiple of the block size',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5' +
      'vz6oxq5nmxbx_v7mrfyudzUm',
    'length',
  ],
  [
    'a payload padding error',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXat' +
      'OYREu2FWke6CnJNYIbkuKNqOhw==',
    'padding',
  ],
  [
    'an incorrect IV',
    'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeU' +
      'fWgHSv49TF2AUEZ1TIvcZjK1zQ==',
    'padding',
  ],
  ['characters after the padding', `${GOOD}trailingdata`, 'base64url'],
  ['invalid characters', GOOD.replace('I', 'I!').replace('1', '1?'), 'base64url'],
  ['characters that are not for URLs', GOOD.replace('-', '+').replace('_', '/'), 'base64url'],
  ['no padding', GOOD.replaceAll('=', ''), 'base64url'],
  ['nothing', '', 'length'],
])('a token with %s is refused', (_, token, says) => {
  expect(() => openFernet(KEY, token)).toThrow(FernetError);
  expect(() => openFernet(KEY, token)).toThrow(says);
});

test.each([
  ['too short', 'cw_0x689RpI-jtRR7oE8hw=='],
  ['no base64url', '%'.repeat(44)],
  ['empty', ''],
])('a key that is %s is refused', (_, key) => {
  expect(() => openFernet(key, GOOD)).toThrow('the key is not 32 bytes');
});

test('another version is refused, whatever its HMAC says', () => {
  const bytes = Buffer.from(GOOD, 'base64url');
  bytes[0] = 0x81;
  const signed = bytes.subarray(0, -32);
  const key = Buffer.from(KEY, 'base64url').subarray(0, 16);
  const token = base64Url(
    Buffer.concat([signed, createHmac('sha256', key).update(signed).digest()]),
  );
  expect(() => openFernet(KEY, token)).toThrow('version');
});

test('the HMAC is looked at before anything is deciphered', () => {
  const bytes = Buffer.from(GOOD, 'base64url');
  for (let at = 25; at < bytes.length - 32; at += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => openFernet(KEY, base64Url(changed))).toThrow('HMAC');
  }
});

test('no bit of a token can be changed', () => {
  const bytes = Buffer.from(GOOD, 'base64url');
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const changed = Buffer.from(bytes);
    const at = Math.floor(bit / 8);
    changed.writeUInt8(changed.readUInt8(at) ^ (1 << (bit % 8)), at);
    expect(() => openFernet(KEY, base64Url(changed)), `bit ${bit}`).toThrow(FernetError);
  }
});

test.each(ORIGINAL)('the column of the original serves as name and key: $key', (one) => {
  expect(columnOfKey(one.key)).toBe(one.column);
  expect(openFernet(one.column, one.token).toString('utf8')).toBe(one.value);
});

test('the token of one key does not open with that of another', () => {
  for (const one of ORIGINAL) {
    for (const other of ORIGINAL.filter(({ key }) => key !== one.key)) {
      expect(() => openFernet(other.column, one.token)).toThrow('HMAC');
    }
  }
});

const base64Url = (bytes: Buffer): string =>
  bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');

/** A token as the specification has it made. */
function tokenOf(key: Buffer, plain: Uint8Array, iv: Uint8Array): string {
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  const signed = Buffer.concat([Buffer.of(0x80), Buffer.alloc(8, 1), iv, sealed]);
  const hmac = createHmac('sha256', key.subarray(0, 16)).update(signed).digest();
  return base64Url(Buffer.concat([signed, hmac]));
}

test('whatever was sealed comes back, byte by byte', () => {
  const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(bytesOf(32), fc.uint8Array({ maxLength: 200 }), bytesOf(16), (key, plain, iv) => {
      const opened = openFernet(base64Url(Buffer.from(key)), tokenOf(Buffer.from(key), plain, iv));
      expect(opened.equals(plain)).toBe(true);
    }),
  );
});
