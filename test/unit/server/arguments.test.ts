// What the command line may not hold, and what is said of it.
// How a start ends with it is in test/server/start.test.ts.
import { expect, test } from 'vitest';
import { argumentMistakes } from '../../../server/arguments.ts';

test('no argument is no mistake', () => {
  expect(argumentMistakes([])).toEqual([]);
});

test.each([
  ['--port', '--port'],
  ['--port=8000', '--port'],
  ['--database-location=postgres://u:secret@h/d', '--database-location'],
  ['postgres://u:secret@h/d', 'number 1'],
  ['-secret', 'number 1'],
  ['--', 'number 1'],
  ['', 'number 1'],
])('%j is named by what holds no secret: %s', (arg, shown) => {
  const [mistake = ''] = argumentMistakes([arg]);
  expect(mistake).toMatch(new RegExp(`^the argument ${shown} is not known`));
  expect(mistake).not.toContain('secret');
});

test('each is told, and none at length', () => {
  const mistakes = argumentMistakes(['--one', 'two', `--${'x'.repeat(10_000)}`]);
  expect(mistakes.map((text) => text.split(' ')[2])).toEqual([
    '--one',
    'number',
    `--${'x'.repeat(62)}`,
  ]);
  expect(Math.max(...mistakes.map((text) => text.length))).toBeLessThan(160);
});
