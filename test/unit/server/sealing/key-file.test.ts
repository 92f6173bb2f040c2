// The sealing key file: what is a key, what is not, and fingerprints that never change.
// The operator relies on these as well as the server.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  parseSealingKeyFile,
  SealingKeyFileError,
  sealingKeyBytes,
  sealingKeyFileText,
  sealingKeyFingerprint,
} from '../../../../server/sealing/key-file.ts';

// Computed with another implementation (Python's hashlib and base64).
const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i + 64));
const KEY_BASE64 = 'QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=';
const KEY_FINGERPRINT = '70d6aa90fc12e6be39efa3ebaa9f86d2';

const OTHER_BASE64 = Buffer.alloc(32, 9).toString('base64');

const key = fc.uint8Array({ minLength: sealingKeyBytes, maxLength: sealingKeyBytes });

test('the fingerprint of a known key is the documented one', () => {
  expect(sealingKeyFingerprint(KEY)).toBe(KEY_FINGERPRINT);
});

test('the file of a known key is its base64 and a newline', () => {
  expect(sealingKeyFileText(KEY)).toBe(`${KEY_BASE64}\n`);
});

test('a file gives its keys in order, each with its fingerprint', () => {
  const keys = parseSealingKeyFile(`${KEY_BASE64}\n${OTHER_BASE64}\n`);
  expect(keys.map(({ id }) => id)).toEqual([
    KEY_FINGERPRINT,
    sealingKeyFingerprint(Buffer.alloc(32, 9)),
  ]);
  expect(Buffer.from(keys[0]?.bytes ?? [])).toEqual(KEY);
});

test.each([
  ['no newline at the end', KEY_BASE64],
  ['newlines of Windows', `${KEY_BASE64}\r\n`],
  ['spaces around the key', `  ${KEY_BASE64}  \n`],
  ['blank lines', `\n\n${KEY_BASE64}\n\n`],
])('a file with %s is read', (_, text) => {
  expect(parseSealingKeyFile(text).map(({ id }) => id)).toEqual([KEY_FINGERPRINT]);
});

test.each([
  ['an empty file', '', /holds no key/],
  ['only blank lines', '\n \n', /holds no key/],
  ['31 bytes', Buffer.alloc(31).toString('base64'), /line 1 is not/],
  ['33 bytes', Buffer.alloc(33).toString('base64'), /line 1 is not/],
  ['48 bytes', Buffer.alloc(48).toString('base64'), /line 1 is not/],
  ['no padding', KEY_BASE64.slice(0, -1), /line 1 is not/],
  ['base64url', KEY_BASE64.replace('Q', '-'), /line 1 is not/],
  ['bits beyond the last byte', `${KEY_BASE64.slice(0, -2)}9=`, /line 1 is not/],
  ['two keys on one line', `${KEY_BASE64} ${KEY_BASE64}`, /line 1 is not/],
  ['a comment', `# mine\n${KEY_BASE64}`, /line 1 is not/],
  ['a bad second line', `${KEY_BASE64}\nnonsense\n`, /line 2 is not/],
])('%s is refused, and the message says which line', (_, text, message) => {
  expect(() => parseSealingKeyFile(text)).toThrow(SealingKeyFileError);
  expect(() => parseSealingKeyFile(text)).toThrow(message);
});

test('a refusal never shows what stands on the line', () => {
  const secret = KEY_BASE64.slice(0, 40);
  expect(() => parseSealingKeyFile(secret)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining(secret.slice(0, 8)) }),
  );
});

test.each([0, 16, 31, 33])('a key of %i bytes makes no file', (length) => {
  expect(() => sealingKeyFileText(Buffer.alloc(length))).toThrow(/has 32 bytes/);
});

test('every key survives the way through a file', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), (keys) => {
      const text = keys.map(sealingKeyFileText).join('');
      expect(parseSealingKeyFile(text).map(({ bytes }) => [...bytes])).toEqual(
        keys.map((bytes) => [...bytes]),
      );
    }),
  );
});

test('fingerprints are 32 hex digits, and other keys have others', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(sealingKeyFingerprint(a)).toMatch(/^[0-9a-f]{32}$/);
      const same = Buffer.from(a).equals(Buffer.from(b));
      expect(sealingKeyFingerprint(a) === sealingKeyFingerprint(b)).toBe(same);
    }),
  );
});

test('no text makes the parser fail in another way than its own', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseSealingKeyFile(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SealingKeyFileError);
      }
    }),
  );
});
