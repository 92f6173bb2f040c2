// The tables of conditions and reasons in the guide against those that the operator can write: what
// each means in the words of the program, and what to do. One without a row leaves a user alone.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CONDITION_TYPES,
  OTHER_REASONS,
  STALLED_REASONS,
  WAITING_REASONS,
} from '../../../operator/api/conditions.ts';

const page = new URL('../../../docs/guide/troubleshoot.md', import.meta.url);
const guide = readFileSync(page, 'utf8');
const ADVICE_CHARACTERS_MIN = 5;

/** The rows of the table below a heading that begin with a word of code, as their cells. */
function rowsBelow(heading: string): string[][] {
  const [, below = ''] = guide.split(`${heading}\n`);
  const [section = ''] = below.split('\n#');
  const rows = [...section.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)];
  return rows.map(([, word = '', rest = '']) => [word, ...rest.split(' | ')]);
}

describe('the tables of the guide', () => {
  it.each([
    ['## Conditions', CONDITION_TYPES],
    ['### When it is stalled', STALLED_REASONS],
    ['### While it is not ready', WAITING_REASONS],
    ['### When all is well, and of the parts', OTHER_REASONS],
  ])('say what the operator means: %s', (heading, meanings) => {
    const told = rowsBelow(heading).map(([word, meaning]) => [word, meaning]);
    expect(told).toEqual(Object.entries(meanings));
  });

  it.each([
    '### When it is stalled',
    '### While it is not ready',
    '### When all is well, and of the parts',
  ])('say what to do about each: %s', (heading) => {
    for (const [word, , advice = '', ...more] of rowsBelow(heading)) {
      expect({ word, isAdvised: advice.length >= ADVICE_CHARACTERS_MIN, more }).toEqual({
        ...{ word, isAdvised: true, more: [] },
      });
    }
  });
});
