// What a coverage summary lacks: of all lines too few, or in a fully covered place any line at all.
// Next: check.ts reads the summary and prints these.
import { relative, sep } from 'node:path';
import { COVERED_PERCENT_MIN } from '../tidy/law.ts';
import { FULLY_COVERED_PLACES, isIn } from '../tidy/places.ts';

/** How many lines there are, and how many of them a test ran. */
export interface Lines {
  readonly total: number;
  readonly covered: number;
}

/** A `coverage-summary.json`: by absolute path, and `total` for all. */
export type Summary = Record<string, { readonly lines: Lines }>;

/** Sentences on what is missing, none when all is well; `top` is the checkout's folder. */
export function shortfalls(summary: Summary, top: string): string[] {
  const files = Object.entries(summary).map(([file, { lines }]) => ({
    path: relative(top, file).split(sep).join('/'),
    lines,
  }));
  const missed = files
    .filter(({ path, lines }) => isIn(FULLY_COVERED_PLACES, path) && lines.covered < lines.total)
    .map(({ path, lines }) => `${path}: a test runs ${lines.covered} of its ${lines.total} lines`);
  const absent = FULLY_COVERED_PLACES.filter(
    (place) => !files.some(({ path }) => isIn([place], path)),
  ).map((place) => `${place}: the summary has no file of this place`);
  return [...totalShortfall(summary.total?.lines), ...missed, ...absent];
}

function totalShortfall(lines: Lines | undefined): string[] {
  if (!lines || lines.total === 0) return ['the summary is empty: no test ran any code'];
  const percent = (100 * lines.covered) / lines.total;
  if (percent >= COVERED_PERCENT_MIN) return [];
  return [`tests run ${percent.toFixed(1)} % of all lines, at least ${COVERED_PERCENT_MIN} %`];
}
