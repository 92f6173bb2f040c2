// Holds the tidy law over the whole checkout: lengths, names, imports, purity, proportions.
// The law is in tidy/law.ts and tidy/places.ts; each rule's own test is in unit/tidy.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCheckout } from './tidy/checkout.ts';
import { RULES } from './tidy/rules.ts';
import { sentence } from './tidy/tree.ts';

const checkout = readCheckout(join(import.meta.dirname, '..'));

it.each(Object.entries(RULES))('%s', (_law, rule) => {
  expect(rule(checkout).map(sentence)).toEqual([]);
});
