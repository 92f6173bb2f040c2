// Runs proofs of durability from the terminal: `npm run chaos -- --help` says which there are.
// Next: the proof of that name; `docs/durability.md` says what each one showed.
import { parseArgs } from 'node:util';
import { type Figures, type Proof, runProof } from './proof.ts';
import { proofs } from './proofs.ts';

const LIMIT_MINUTES = 60;

const figuresOf = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, figure]) => `--${name} ${figure}`)
    .join(' ');

function help(): string {
  const listed = proofs.map(
    ({ name, says, short, long }) =>
      `${name}\n    ${says}\n    short: ${figuresOf(short)}\n    long:  ${figuresOf(long)}\n`,
  );
  return `npm run chaos NAME...              the short form of these proofs, or of "all"
npm run chaos:long NAME...         the long form
npm run chaos -- NAME --FIGURE N   with another figure; --seed N for the same chance again,
                                   --minutes N for another limit of time (${LIMIT_MINUTES} each)

${listed.join('\n')}
The exit code is 0 if all held, 1 if one did not, 2 if the arguments are wrong.
`;
}

const write = (line: string): void => void process.stdout.write(`${line}\n`);

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const options = { long: FLAG, help: FLAG, seed: TEXT, minutes: TEXT };

interface Wanted {
  readonly chosen: readonly Proof[];
  readonly isLong: boolean;
  readonly numbers: Figures;
}

/** What the arguments ask for; undefined where they ask for help. Throws where they are wrong. */
function readArguments(args: readonly string[]): Wanted | undefined {
  const figureNames = proofs.flatMap(({ long }) => Object.keys(long));
  const figureOptions = figureNames.map((name) => [name, TEXT] as const);
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...Object.fromEntries(figureOptions), ...options },
  });
  if (values.help || positionals.length === 0) return undefined;
  const chosen = positionals.includes('all') ? proofs : positionals.map(proofNamed);
  const given = Object.entries(values).filter(([, value]) => typeof value === 'string');
  const numbers = Object.fromEntries(given.map(([name, value]) => [name, Number(value)]));
  const wrong = Object.entries(numbers).find(([, value]) => !(value >= 0));
  if (wrong !== undefined) throw new Error(`--${wrong[0]} wants a number`);
  return { chosen, isLong: values.long === true, numbers };
}

function proofNamed(name: string): Proof {
  const found = proofs.find((proof) => proof.name === name);
  if (found === undefined) throw new Error(`there is no proof "${name}": see --help`);
  return found;
}

async function runAll({ chosen, isLong, numbers }: Wanted): Promise<void> {
  const { seed = Math.floor(Math.random() * 2 ** 32), minutes = LIMIT_MINUTES } = numbers;
  for (const proof of chosen) {
    const figures = { ...(isLong ? proof.long : proof.short) };
    for (const name of Object.keys(figures)) figures[name] = numbers[name] ?? figures[name] ?? 0;
    write(`${proof.name}: ${figuresOf(figures)} --seed ${seed}`);
    try {
      const how = { seed, limitMinutes: minutes, write };
      write(`PROVED ${proof.name}: ${await runProof(proof, figures, how)}`);
    } catch (error) {
      write(`NOT PROVED ${proof.name}: ${error instanceof Error ? error.stack : String(error)}`);
      process.exitCode = 1;
    }
  }
}

try {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === undefined) write(help());
  else await runAll(wanted);
} catch (error) {
  write(`${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
// what did not end in time would keep the process
process.exit();
