// What stands on the command line beside `--help` and `--version`: nothing, for settings come from
// the environment; one that is passed over may be the port, or the token file.
// Next: `config.ts` tells it with all other mistakes.
import { limits } from './limits.ts';

/** What is wrong with these, a clause each; names alone are shown: the rest may be a secret. */
export const argumentMistakes = (args: readonly string[]): string[] =>
  args.map((arg, index) => {
    const name = /^--[a-z][\w-]*/i.exec(arg)?.[0].slice(0, limits.echoCharactersMax);
    const shown = name ?? `number ${index + 1}`;
    return `the argument ${shown} is not known: settings are no arguments (--help lists them)`;
  });
