// Words that put work off, and words that switch the compiler off, have no place in the code.
import { PUT_OFF_WORDS, REASON_WORDS_MIN } from '../law.ts';
import type { Source, SourceComment } from '../source.ts';
import { fieldNode } from '../syntax.ts';
import { eachSource, type Finding } from '../tree.ts';

const PUT_OFF = new RegExp(`\\b(${PUT_OFF_WORDS.join('|')})\\b`);
const SWITCHED_OFF = /@ts-(ignore|nocheck)\b/;
const EXPECTED_ERROR = /@ts-expect-error\b:?(.*)/s;

/** No comment puts work off or silences the compiler, unless it expects an error and says why. */
export const commentsPutNothingOff = eachSource((source) =>
  source.comments.flatMap((comment) => {
    const says = complaintOf(comment);
    return says === undefined ? [] : [findingAt(source, comment, says)];
  }),
);

function complaintOf({ text }: SourceComment): string | undefined {
  const putOff = PUT_OFF.exec(text)?.[0];
  if (putOff) return `${putOff} puts work off: do it, or open an issue`;
  if (SWITCHED_OFF.test(text)) return 'the compiler is switched off: correct the type instead';
  const reason = EXPECTED_ERROR.exec(text)?.[1];
  if (reason === undefined || isReason(reason)) return undefined;
  return 'an expected error needs its reason on the same line';
}

/** Whether a text has enough words to be a reason. */
export const isReason = (text: string): boolean =>
  text.split(/\s+/).filter((word) => /\w/.test(word)).length >= REASON_WORDS_MIN;

const findingAt = (source: Source, comment: SourceComment, says: string): Finding => ({
  path: source.path,
  line: comment.firstLine,
  says,
});

/** Nothing is cast to a type that allows everything. */
export const typesHold = eachSource((source) =>
  source.nodes
    .filter(({ node }) => node.type === 'TSAsExpression' || node.type === 'TSTypeAssertion')
    .filter(({ node }) => fieldNode(node, 'typeAnnotation')?.type === 'TSAnyKeyword')
    .map(({ node }) => ({
      path: source.path,
      line: source.lineAt(node.start),
      says: 'a cast to "any" hides every mistake: name the type, or take "unknown" and check it',
    })),
);
