// Names in the environment that are a slip or two away from a setting: passed over, a misspelt
// TOKENS_FILE would open the server. Others may have put them there, so they are no mistakes.
// Next: `run.ts` warns of them.

export interface Misspelt {
  readonly name: string;
  /** The setting that is probably meant. */
  readonly meant: string;
}

const SLIPS_MAX = 2;
/** So many letters for each slip: of a few, one slip makes another word, as of HOST and POST. */
const LETTERS_PER_SLIP = 5;

/** Those of `names` that are none of `known`, and nearly one. */
export function misspeltAmong(names: readonly string[], known: ReadonlySet<string>): Misspelt[] {
  return names.flatMap((name) => {
    if (known.has(name)) return [];
    const meant = [...known].find((one) => isNearly(name.toUpperCase(), one));
    return meant === undefined ? [] : { name, meant };
  });
}

function isNearly(name: string, known: string): boolean {
  const slipsMax = Math.min(SLIPS_MAX, Math.floor(known.length / LETTERS_PER_SLIP));
  if (Math.abs(name.length - known.length) > slipsMax) return false;
  return slipsBetween(name, known) <= slipsMax;
}

/** How many letters have to be added, left out or changed (Levenshtein). */
function slipsBetween(from: string, to: string): number {
  let before = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [row, letter] of [...from].entries()) {
    const now = [row + 1];
    for (let at = 1; at <= to.length; at += 1) {
      const [left = 0, above = 0, corner = 0] = [now[at - 1], before[at], before[at - 1]];
      now.push(Math.min(left + 1, above + 1, corner + (letter === to[at - 1] ? 0 : 1)));
    }
    before = now;
  }
  return before[to.length] ?? 0;
}
