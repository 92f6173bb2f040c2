// The manual names every condition and every reason, so that a user who meets one can look it up.
// Its list of fields, which is generated, does not count.
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
/** All words that the manual shows as code, outside the list of fields. */
const words = new Set(
  manual
    .replace(/<!-- fields: [\s\S]*<!-- end of the fields -->/, '')
    .split(/[^A-Za-z`]+/)
    .filter((word) => word.startsWith('`') && word.endsWith('`')),
);

describe('the manual', () => {
  it.each(Object.keys(CONDITION_TYPES))('names the condition %s', (type) => {
    expect(words).toContain(`\`${type}\``);
  });

  it.each(Object.keys(reasons))('names the reason %s', (reason) => {
    expect(words).toContain(`\`${reason}\``);
  });
});
