// Prints the measures of this checkout: `node test/tidy/report.ts`.
// The law on them is in law.ts; rules/proportions.ts holds it.
import { readCheckout } from './checkout.ts';
import { figuresOf, quantile, total } from './figures.ts';

const figures = figuresOf(readCheckout('.'));

const row = (name: string, lengths: readonly number[]): string =>
  `${name.padEnd(11)} ${lengths.length} with ${total(lengths)} lines: median ` +
  `${quantile(lengths, 0.5)}, p90 ${quantile(lengths, 0.9)}, longest ${quantile(lengths, 1)}\n`;

process.stdout.write(row('code files', figures.codeFiles));
process.stdout.write(row('test files', figures.testFiles));
process.stdout.write(row('functions', figures.functions));
process.stdout.write(`lines of test for each line of code: ${figures.testRatio.toFixed(2)}\n`);
