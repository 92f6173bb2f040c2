// How many of them had come so far after how long: a picture with a rising curve for each thing
// that was waited for. Pure.
// Next: `markdown.ts` shows it.

/** When each of them came, in ascending order. */
export interface Curve {
  readonly name: string;
  readonly seconds: readonly number[];
}

const WIDTH = 860;
const HEIGHT = 360;
const LEFT = 56;
const RIGHT = 240;
const TOP = 40;
const BOTTOM = 48;
const TICKS = 5;
const COLOURS = ['#2f6fde', '#d1603d', '#1b9e8a', '#c2a13b', '#8d5fb8', '#8a8f98'];

interface Scale {
  readonly x: (seconds: number) => string;
  readonly y: (share: number) => string;
}

/** The picture, as SVG; the longest time has its whole width. */
export function curvesOf(title: string, curves: readonly Curve[]): string {
  const most = Math.max(...curves.map(({ seconds }) => seconds.at(-1) ?? 0));
  const scale: Scale = {
    x: (seconds) => (LEFT + ((WIDTH - LEFT - RIGHT) * seconds) / most).toFixed(1),
    y: (share) => (HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share).toFixed(1),
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" ` +
      `height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-weight="600">${title}</text>`,
    ...axes(scale, most),
    ...curves.map((curve, at) => lineOf(curve, at, scale)),
    '</svg>\n',
  ].join('\n');
}

function axes({ x, y }: Scale, most: number): string[] {
  const steps = Array.from({ length: TICKS + 1 }, (_, at) => at / TICKS);
  const across = `H${WIDTH - RIGHT}`;
  return [
    ...steps.map((share) => `<path d="M${LEFT} ${y(share)}${across}" stroke="#dddddd"/>`),
    ...steps.map((share) => label(LEFT - 6, Number(y(share)) + 4, `${100 * share} %`, 'end')),
    ...steps.map((share) => {
      const seconds = share * most;
      const text = `${seconds.toFixed(most < 10 ? 1 : 0)} s`;
      return label(Number(x(seconds)), HEIGHT - BOTTOM + 18, text, 'middle');
    }),
  ];
}

const label = (x: number, y: number, text: string, anchor: string): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${text}</text>`;

/** A step up whenever one came. */
function lineOf({ name, seconds }: Curve, at: number, { x, y }: Scale): string {
  const colour = COLOURS[at % COLOURS.length];
  const steps = seconds.map((one, done) => `H${x(one)}V${y((done + 1) / seconds.length)}`);
  const row = TOP + 12 + at * 20;
  return [
    `<path d="M${x(0)} ${y(0)}${steps.join('')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<rect x="${WIDTH - RIGHT + 16}" y="${row - 9}" width="12" height="12" fill="${colour}"/>`,
    label(WIDTH - RIGHT + 34, row + 1, name, 'start'),
  ].join('\n');
}
