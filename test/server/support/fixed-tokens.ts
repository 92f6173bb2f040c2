// Tokens that stand in the test itself, in the format of the token file.
// Used where the file is not what is tested.
import { findToken, parseTokens, type Tokens } from '../../../server/tokens.ts';

export interface FixedTokens extends Tokens {
  /** How often somebody asked. */
  readonly asked: number;
  /** Puts others in their place, as a changed file does. */
  change(text: string): void;
}

/** The tokens of this text. */
export function fixedTokens(text: string): FixedTokens {
  let known = parseTokens(text);
  let generation = 0;
  let asked = 0;
  return {
    get generation() {
      return generation;
    },
    get asked() {
      return asked;
    },
    callerOf: (token) => {
      asked += 1;
      return findToken(known, token);
    },
    change: (changed) => {
      known = parseTokens(changed);
      generation += 1;
    },
    close: () => {},
  };
}
