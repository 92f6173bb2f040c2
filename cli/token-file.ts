// The text of a token Secret, as far as a client needs it: a token a line, comments between. Pure.
// commands/connect.ts and rotate-token.ts read it.

const TOKEN_LINE = /^(?<token>[^\s#]\S*)(?<access>\s+\S+)?\s*$/;

/** How many tokens a text holds. */
export const tokenCount = (text: string): number =>
  text.split('\n').filter((line) => TOKEN_LINE.test(line)).length;

/** The token to call with: the first that may write. */
export function firstToken(text: string): string | undefined {
  const tokens = text.split('\n').flatMap((line) => {
    const { token, access = '' } = TOKEN_LINE.exec(line)?.groups ?? {};
    return token === undefined ? [] : [{ token, isReadOnly: access.trim() === 'read-only' }];
  });
  return (tokens.find(({ isReadOnly }) => !isReadOnly) ?? tokens[0])?.token;
}
