// The manual names every condition and every reason, so that a user who meets one can look it up.
// What they mean is said in the words of the program.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CONDITION_TYPES,
  OTHER_REASONS,
  STALLED_REASONS,
  WAITING_REASONS,
} from '../../../../operator/api/conditions.ts';

const root = join(import.meta.dirname, '../../../..');
const manual = readFileSync(join(root, 'docs/dumbkv.md'), 'utf8');
const reasons = { ...STALLED_REASONS, ...WAITING_REASONS, ...OTHER_REASONS };
/** The rows of tables that begin with one word of code: the word, and the cell after it. */
const rows = [...manual.matchAll(/^\| `([A-Za-z]+)` \| (.*) \|$/gm)].map(([, ...cells]) => cells);

describe('the manual', () => {
  it.each(Object.entries(CONDITION_TYPES))('says what the condition %s tells', (type, sentence) => {
    expect(rows).toContainEqual([type, sentence]);
  });

  it.each(Object.entries(reasons))('says what the reason %s means', (reason, sentence) => {
    expect(rows).toContainEqual([reason, sentence]);
  });
});
