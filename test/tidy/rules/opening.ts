// Every file opens with a comment that says what it is, so that a reader can walk the tree.
import { OPENING_WORDS_MIN } from '../law.ts';
import type { Source } from '../source.ts';
import { eachSource } from '../tree.ts';

/** The first thing in a file is a comment of at least one sentence. */
export const opensWithComment = eachSource((source) => {
  const sentence = openingComment(source);
  const words = sentence.split(/\s+/).filter((word) => word !== '');
  if (words.length >= OPENING_WORDS_MIN && /[.!?:]/.test(sentence)) return [];
  const says = 'open with a comment: a sentence on what this file is, and where the flow goes next';
  return [{ path: source.path, line: 1, says }];
});

/** The comment on the first lines, without words that are meant for a tool. */
function openingComment(source: Source): string {
  let line = source.text.startsWith('#!') ? 2 : 1;
  const texts: string[] = [];
  for (const comment of source.comments) {
    if (comment.firstLine !== line) break;
    texts.push(comment.text);
    line = comment.lastLine + 1;
  }
  return texts.filter((text) => !/^(biome-ignore|@ts-|@vitest|\/ *<)/.test(text)).join(' ');
}
