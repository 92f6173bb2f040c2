// The manual's tables of conditions and reasons against those that the operator can write.
// A reason without a row leaves a user alone with one word.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CONDITION_TYPES,
  OTHER_REASONS,
  STALLED_REASONS,
  WAITING_REASONS,
} from '../../../operator/api/conditions.ts';

const manual = readFileSync(new URL('../../../docs/dumbkv.md', import.meta.url), 'utf8');

/** The rows of the table below a heading, as pairs of first and second cell. */
function rowsBelow(heading: string): [string, string][] {
  const [, below = ''] = manual.split(`${heading}\n`);
  const [section = ''] = below.split('\n#');
  const rows = [...section.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)];
  return rows.map(([, word = '', meaning = '']) => [word, meaning]);
}

describe('the tables of the manual', () => {
  it.each([
    ['## Conditions', CONDITION_TYPES],
    ['### When it is stalled', STALLED_REASONS],
    ['### While it is not ready', WAITING_REASONS],
    ['### When all is well, and of the parts', OTHER_REASONS],
  ])('say what the operator means: %s', (heading, meanings) => {
    expect(rowsBelow(heading)).toEqual(Object.entries(meanings));
  });
});
