// How much the tests of this folder do: little in each run of all tests, ten times as much and more
// by `npm run test:chaos:long`. What they measured they print.

/** One figure of both forms. */
export const figureOf = (short: number, long: number): number =>
  process.env.CHAOS_FORM === 'long' ? long : short;

/** Prints what was measured. */
export const print = (line: string): void => void process.stdout.write(`chaos: ${line}\n`);
