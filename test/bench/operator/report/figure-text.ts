// How figures are written on the pages of the operator's benchmark. Pure.
// Next: `markdown.ts`.

const MEGABYTE = 1_000_000;
const KIBIBYTE = 1_024;

/** Three digits that mean something. */
const digits = (figure: number): string =>
  figure >= 100 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)));

const withUnit = (unit: string) => (figure: number | undefined) =>
  figure === undefined || Number.isNaN(figure) ? 'not measured' : `${digits(figure)} ${unit}`;

export const milliseconds = withUnit('ms');
export const seconds = withUnit('s');
export const perSecond = withUnit('a second');
export const times = (figure: number): string => `${figure.toFixed(2)}x`;
export const megabytes = (bytes: number): string => withUnit('MB')(bytes / MEGABYTE);
export const kibibytes = (bytes: number): string => withUnit('KiB')(bytes / KIBIBYTE);
export const plain = (figure: number): string => digits(figure);

/** Whether a goal was reached, in a word. */
export const verdict = (isReached: boolean): string => (isReached ? 'reached' : '**missed**');
