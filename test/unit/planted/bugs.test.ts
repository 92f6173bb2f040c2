// That each bug of test/planted can still be planted: its text stands in the code exactly once, and
// the test that should catch it is there. Whether it does is told by `npm run test:planted`.
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PLANTED_BUGS } from '../../planted/bugs.ts';

const TOP = new URL('../../../', import.meta.url).pathname;

it.each(PLANTED_BUGS)('can be planted: $breaks', ({ file, text, replacement, caughtBy }) => {
  const code = readFileSync(`${TOP}${file}`, 'utf8');
  expect(code.split(text)).toHaveLength(2);
  expect(replacement).not.toBe(text);
  expect(existsSync(`${TOP}${caughtBy}`)).toBe(true);
});

it('are many, each another one', () => {
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(20);
  const places = PLANTED_BUGS.map(({ file, text }) => `${file} ${text}`);
  expect(new Set(places).size).toBe(places.length);
});
