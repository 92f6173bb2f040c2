// The text of a token Secret while its tokens are rotated: old lines, a line that marks the place,
// new lines. The server passes over the mark, so that both kinds of token count. Pure.
// commands/rotate-token.ts writes it.

const MARK = '# rotated';
const TOKEN_LINE = /^(?<token>[^\s#]\S*)(?<access>\s+\S+)?\s*$/;

/** Whether a second set of tokens is there. */
export const isRotating = (text: string): boolean => markIndex(text.split('\n')) >= 0;

const markIndex = (lines: readonly string[]): number =>
  lines.findIndex((line) => line.startsWith(MARK));

/** A new token for each that is there, with the same access; comments stay beside them. */
export function renewed(text: string, freshToken: () => string): string {
  const lines = text.trimEnd().split('\n');
  return `${lines.map((line) => renewedLine(line, freshToken)).join('\n')}\n`;
}

const renewedLine = (line: string, freshToken: () => string): string => {
  const { token, access = '' } = TOKEN_LINE.exec(line)?.groups ?? {};
  return token === undefined ? line : `${freshToken()}${access.trimEnd()}`;
};

/** The old tokens, and behind them as many new ones: both count. */
export function withSecondTokens(text: string, at: Date, freshToken: () => string): string {
  const mark = `${MARK} ${at.toISOString()}: rotate-token --finish removes what stands above`;
  return `${text.trimEnd()}\n${mark}\n${renewed(text, freshToken)}`;
}

/** The new tokens alone. */
export function withoutFirstTokens(text: string): string {
  const lines = text.split('\n');
  return lines.slice(markIndex(lines) + 1).join('\n');
}

/** How many tokens a text holds. */
export const tokenCount = (text: string): number =>
  text.split('\n').filter((line) => TOKEN_LINE.test(line)).length;

/** The token to call with: the first that may write, which is the one that is there longest. */
export function firstToken(text: string): string | undefined {
  const tokens = text.split('\n').flatMap((line) => {
    const { token, access = '' } = TOKEN_LINE.exec(line)?.groups ?? {};
    return token === undefined ? [] : [{ token, isReadOnly: access.trim() === 'read-only' }];
  });
  return (tokens.find(({ isReadOnly }) => !isReadOnly) ?? tokens[0])?.token;
}
