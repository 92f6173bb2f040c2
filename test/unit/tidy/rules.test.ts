// The list of rules is whole: each rule that is written is asked, and a tidy tree passes all.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { baseName, FULLY_COVERED_PLACES, isIn, PACKAGE_HOMES } from '../../tidy/places.ts';
import { placesExist } from '../../tidy/rules/places-exist.ts';
import { RULES } from '../../tidy/rules.ts';
import { findings, places } from './findings.ts';

const folder = join(import.meta.dirname, '..', '..', 'tidy', 'rules');
const PARTS_OF_RULES = ['stainsOf', 'isReason'];

it.each(readdirSync(folder))('each rule of %s is asked', async (file) => {
  const written: Record<string, unknown> = await import(join(folder, file));
  const rules = Object.entries(written).filter(([name]) => !PARTS_OF_RULES.includes(name));
  for (const [name, rule] of rules) expect(Object.values(RULES), name).toContain(rule);
});

describe('places', () => {
  const existing = [...FULLY_COVERED_PLACES, ...Object.values(PACKAGE_HOMES).flat()];
  const texts = Object.fromEntries(existing.map((place) => [`${place}.ts`, '']));

  it('all exist', () => {
    expect(findings(placesExist, texts)).toEqual([]);
  });

  it('one that was renamed is found', () => {
    const { 'operator/builders.ts': gone, ...others } = texts;
    expect(gone).toBe('');
    expect(places(placesExist, { ...others, 'operator/makers/a.ts': '' })).toEqual([
      'operator/builders:1',
    ]);
  });

  it.each([
    ['server/seal', 'server/seal.ts', true],
    ['server/seal', 'server/seal/a.ts', true],
    ['server/seal', 'server/seal-key.ts', true],
    ['server/seal', 'server/sealer.ts', false],
    ['server/seal', 'test/server/seal.ts', false],
    ['server', '', false],
  ])('%s holds %s: %s', (place, path, expected) => {
    expect(isIn([place], path)).toBe(expected);
  });

  it('the last part of a path is its name', () => {
    expect(['a/b/c.ts', 'c.ts'].map(baseName)).toEqual(['c.ts', 'c.ts']);
  });
});
