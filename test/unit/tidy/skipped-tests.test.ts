// Tests that are passed over: found without a reason, allowed with one, and `only` never.
import { describe, expect, it } from 'vitest';
import { everyTestRuns } from '../../tidy/rules/skipped-tests.ts';
import { findings, lines } from './findings.ts';

const inTest = (...text: string[]) => findings(everyTestRuns, { 'test/a.test.ts': lines(...text) });

describe('is found', () => {
  it.each([
    ["it.skip('works', f);", 'skip'],
    ["test.todo('works');", 'todo'],
    ["describe.skip('all', f);", 'skip'],
    ["it.each([1]).skip('works', f);", 'skip'],
    ["it.skip.each([1])('works', f);", 'skip'],
    ["it.skipIf(x)('works', f);", 'skipIf'],
    ["describe.runIf(x)('all', f);", 'runIf'],
    ["it('works', (context) => context.skip());", 'skip'],
  ])('%s', (line, verb) => {
    expect(inTest('f();', line)).toEqual([
      `test/a.test.ts:2: "${verb}" passes tests over: ` +
        'say why in a comment on this line or the one above',
    ]);
  });
});

it('may be passed over with a reason above it or beside it', () => {
  const above = ['// Only Linux has this file system.', "it.skipIf(x)('works', f);"];
  const beside = ["it.skip('works', f); // Only Linux has this file system."];
  expect([...inTest(...above), ...inTest(...beside)]).toEqual([]);
});

it('does not take a single word for a reason', () => {
  expect(inTest('// flaky', "it.skip('works', f);")).toHaveLength(1);
});

it('never lets one test keep the others from running', () => {
  expect(inTest('// This one is the one that matters.', "it.only('works', f);")).toEqual([
    'test/a.test.ts:2: keeps all other tests from running: take "only" away',
  ]);
});

it('does not mind the same words elsewhere', () => {
  expect(inTest('cursor.skip(3);', "it('works', f);", 'options.only;', "f('it.skip()');")).toEqual(
    [],
  );
});
