// Words that put work off or silence the compiler, and casts to the type that allows everything.
import { describe, expect, it } from 'vitest';
import { PUT_OFF_WORDS } from '../../tidy/law.ts';
import { commentsPutNothingOff, typesHold } from '../../tidy/rules/words.ts';
import { findings, lines, places } from './findings.ts';

const inComments = (...text: string[]) =>
  findings(commentsPutNothingOff, { 'server/a.ts': lines(...text) });

describe('a comment that puts work off is found', () => {
  it.each(PUT_OFF_WORDS)('%s', (word) => {
    expect(inComments('f();', `f(); // ${word}: later`)).toEqual([
      `server/a.ts:2: ${word} puts work off: do it, or open an issue`,
    ]);
  });

  it('in a block comment as well', () => {
    expect(inComments(`/* ${PUT_OFF_WORDS[0]} */`)).toHaveLength(1);
  });

  it('but not in a string, in a longer word, or in small letters', () => {
    const word = PUT_OFF_WORDS[0];
    expect(inComments(`f('${word}'); // ${word}S, ${word?.toLowerCase()}`)).toEqual([]);
  });
});

describe('the compiler', () => {
  it.each(['ignore', 'nocheck'])('may not be silenced with %s, whatever the reason', (how) => {
    expect(inComments(`// @ts-${how}: the package has no types of its own`)).toEqual([
      'server/a.ts:1: the compiler is switched off: correct the type instead',
    ]);
  });

  it('may be expected to complain, with a reason', () => {
    expect(inComments('// @ts-expect-error: the field is missing on purpose', 'f();')).toEqual([]);
  });

  it('takes three words for a reason, not two', () => {
    expect(inComments('// @ts-expect-error: wrong on purpose')).toEqual([]);
    expect(inComments('// @ts-expect-error: on purpose')).toHaveLength(1);
  });

  it('may not be expected to complain without one', () => {
    expect(inComments('// @ts-expect-error', 'f();')).toEqual([
      'server/a.ts:1: an expected error needs its reason on the same line',
    ]);
  });
});

describe('a cast to the type that allows everything', () => {
  it('is found where it stands', () => {
    const text = lines('const a = b;', 'const c = d as any;', 'const e = <any>f;');
    expect(places(typesHold, { 'cli/a.ts': text })).toEqual(['cli/a.ts:2', 'cli/a.ts:3']);
  });

  it('is not mistaken for a word in a comment or a string, or for another cast', () => {
    const text = lines('// as any', "const a = 'as any';", 'const b = c as unknown;');
    expect(places(typesHold, { 'cli/a.ts': text })).toEqual([]);
  });
});
