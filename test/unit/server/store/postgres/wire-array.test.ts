// Arrays in the binary form of Postgres, byte by byte; a real Postgres reads them in test/server.
import { expect, test } from 'vitest';
import {
  byteaArray,
  int4Array,
  int8Array,
} from '../../../../../server/store/postgres/wire-array.ts';

const word = (number: number): string => (number >>> 0).toString(16).padStart(8, '0');
const hexOf = (...parts: string[]): string => parts.join('');

test('whole numbers of 32 bits', () => {
  expect(int4Array([0, 1, 2 ** 31 - 1, -1]).toString('hex')).toBe(
    hexOf(
      ...[word(1), word(0), word(23), word(4), word(1)],
      ...[word(4), word(0), word(4), word(1)],
      ...[word(4), '7fffffff', word(4), 'ffffffff'],
    ),
  );
});

test('whole numbers of 64 bits, and what is none', () => {
  expect(int8Array([2 ** 53 - 1, null, -2]).toString('hex')).toBe(
    hexOf(
      ...[word(1), word(1), word(20), word(3), word(1)],
      ...[word(8), '001fffffffffffff'],
      ...['ffffffff'],
      ...[word(8), 'fffffffffffffffe'],
    ),
  );
});

test('bytes, empty ones among them', () => {
  expect(byteaArray([Buffer.from('ab'), Buffer.alloc(0), Buffer.of(0)]).toString('hex')).toBe(
    hexOf(
      ...[word(1), word(0), word(17), word(3), word(1)],
      ...[word(2), '6162', word(0), word(1), '00'],
    ),
  );
});

test('an array without elements', () => {
  const empty = hexOf(word(1), word(0), word(17), word(0), word(1));
  expect(byteaArray([]).toString('hex')).toBe(empty);
});

test('a view of other bytes gives its own bytes alone', () => {
  const view = Buffer.from('xxvaluexx').subarray(2, 7);
  expect(byteaArray([view]).toString('latin1')).toMatch(/value$/);
});
