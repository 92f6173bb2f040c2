// One setting: its name, what counts when it is not set, and how its text is read.
// Next: `config.ts` has the table of all of them.

export interface Setting<T, D extends string | undefined> {
  readonly name: string;
  /** The text that counts when nothing is set; undefined: the setting may be absent. */
  readonly default: D;
  /** Throws an Error whose message goes on from the name of the setting. */
  readonly parse: (text: string) => T;
  readonly description: string;
}

/** One setting, with the types that its members have. */
export const setting = <T, const D extends string | undefined>(s: Setting<T, D>): Setting<T, D> =>
  s;

/** Reads one of these words; `advice` is said of any other. */
export function oneOf<const T extends string>(choices: readonly T[], advice = '') {
  return (text: string): T => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new Error(`must be ${choices.join(', ')}${advice}`);
    return found;
  };
}
