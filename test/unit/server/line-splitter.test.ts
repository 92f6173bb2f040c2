// Lines out of parts: however the bytes are cut, the lines are the same.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../../server/limits.ts';
import { type Line, LineSplitter } from '../../../server/line-splitter.ts';

const textOf = (line: Line): string => (line === 'too-long' ? line : line.toString('latin1'));

function linesOf(parts: readonly Buffer[]): string[] {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  // each is good until the next one
  for (const part of parts) for (const line of splitter.push(part)) lines.push(textOf(line));
  for (const line of splitter.rest()) lines.push(textOf(line));
  return lines;
}

const parts = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', '\u00ff'), maxLength: 12 }),
  { maxLength: 12 },
);

test('lines do not depend on how the bytes are cut', () => {
  fc.assert(
    fc.property(parts, (texts) => {
      const expected = texts.join('').split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(linesOf(texts.map((text) => Buffer.from(text, 'latin1')))).toEqual(expected);
    }),
  );
});

test('a line that comes byte by byte is one line', () => {
  const bytes = [...Buffer.from('hello\nworld')].map((byte) => Buffer.of(byte));
  expect(linesOf(bytes)).toEqual(['hello', 'world']);
});

const MAX = limits.importLineBytesMax;

test('the longest line is taken, and one byte more is told', () => {
  const longest = Buffer.alloc(MAX, 'x');
  expect(linesOf([longest.subarray(0, 10), longest.subarray(10)])[0]).toHaveLength(MAX);
  expect(linesOf([longest, Buffer.from('\nnext')]).at(-1)).toBe('next');
  const splitter = new LineSplitter();
  expect([...splitter.push(longest)]).toEqual([]);
  expect([...splitter.push(Buffer.from('x'))]).toEqual(['too-long']);
});
