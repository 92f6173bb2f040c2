// The text of a `.env` file: one setting a line, and nothing that is passed over in silence. A
// misspelt TOKENS_FILE would open the server.
// Next: `config.ts` parses what is found.
import { parseEnv } from 'node:util';
import { limits } from './limits.ts';

export interface DotEnv {
  readonly values: Readonly<Record<string, string>>;
  /** What is wrong, a clause each, with its line. */
  readonly mistakes: readonly string[];
}

/** The settings in the text of a `.env`, of those that are `known`. */
export function dotEnvOf(text: string, known: ReadonlySet<string>): DotEnv {
  const values: Record<string, string> = {};
  const mistakes: string[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    // Line by line: a quote that is not closed must not swallow the settings below it.
    const [[name, value] = ['', '']] = Object.entries(parseEnv(trimmed));
    const complaint = complaintOf(name, known) ?? (name in values ? `sets ${name} again` : '');
    if (complaint === '') values[name] = value ?? '';
    else mistakes.push(`.env line ${index + 1} ${complaint}`);
  }
  return { values, mistakes };
}

function complaintOf(name: string, known: ReadonlySet<string>): string | undefined {
  if (known.has(name)) return undefined;
  if (name === '') return 'is not NAME=value';
  const shown = JSON.stringify(name.slice(0, limits.echoCharactersMax).toWellFormed());
  return `sets ${shown}, which is no setting (--help lists them)`;
}
