// Nonces: none is given twice, and none changes after it was given.
import { expect, test } from 'vitest';
import { Nonces } from '../../../../server/sealing/nonces.ts';
import { nonceBytes } from '../../../../server/sealing/seal.ts';

test('each of many is another, of 12 bytes, and stays as it is', () => {
  const nonces = new Nonces();
  const given = Array.from({ length: 2_000 }, () => nonces.next());
  const seen = given.map((nonce) => nonce.toString('hex'));
  expect(new Set(seen).size).toBe(2_000);
  expect(given.every(({ length }) => length === nonceBytes)).toBe(true);
  for (let i = 0; i < 2_000; i += 1) nonces.next();
  expect(given.map((nonce) => nonce.toString('hex'))).toEqual(seen);
});

test('two sources give different ones', () => {
  expect(new Nonces().next()).not.toEqual(new Nonces().next());
});
