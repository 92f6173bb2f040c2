// The maxima as a picture: for each workload a group of bars, one bar a peer, the least and the
// most of its runs as a thin line on it.
// Next: `markdown.ts` shows it.
import type { Report } from './report.ts';
import { type Cell, cellsOf } from './summary.ts';

const WIDTH = 860;
const LEFT = 250;
const RIGHT = 110;
const BAR = 16;
const BAR_STEP = 20;
const TITLE = 34;
const MARGIN = 16;

/** A colour for each peer that reads on white and on black. */
const COLOURS: Readonly<Record<string, string>> = {
  dumbkv: '#2f6fde',
  unsealed: '#8fb2ee',
  postgres: '#1b9e8a',
  'one-by-one': '#8fd0c6',
  'fastify-pg': '#4d7f77',
  few: '#5c86d6',
  'postgres-few': '#57b8a8',
  'fastify-echo': '#8a8f98',
  'http-echo': '#b3b7be',
  fastapi: '#d1603d',
  webdis: '#c2a13b',
  etcd: '#8d5fb8',
};

/** The picture, as SVG. */
export function plotOf(report: Report): string {
  const groups = report.workloads
    .map(({ id, title }) => ({ title, cells: cellsOf(report, id) }))
    .filter(({ cells }) => cells.some(({ rate }) => rate === undefined));
  let y = MARGIN;
  const parts = groups.map(({ title, cells }) => {
    const part = groupOf(report, { title, cells, y });
    y += TITLE + cells.length * BAR_STEP + MARGIN;
    return part;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" ` +
      `height="${y}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    '<title>Requests a second, by workload and peer</title>',
    `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

interface Group {
  readonly title: string;
  readonly cells: readonly Cell[];
  readonly y: number;
}

/** The longest bar of a group has its whole width. */
function groupOf(report: Report, { title, cells, y }: Group): string {
  const most = Math.max(...cells.map(({ perSecondMost }) => perSecondMost));
  const scale = (perSecond: number) => ((WIDTH - LEFT - RIGHT) * perSecond) / most;
  const bars = cells.map((cell, at) => {
    const name = report.peers.find((peer) => peer.name === cell.peer)?.title ?? cell.peer;
    return barOf(cell, name, { y: y + TITLE - 8 + at * BAR_STEP, scale });
  });
  const head = `<text x="${MARGIN}" y="${y + 12}" font-weight="600">${escaped(title)}</text>`;
  return [head, ...bars].join('\n');
}

function barOf(
  { peer, perSecond, perSecondLeast, perSecondMost }: Cell,
  name: string,
  { y, scale }: { y: number; scale: (perSecond: number) => number },
): string {
  const middle = y + BAR / 2;
  const at = (figure: number) => (LEFT + scale(figure)).toFixed(1);
  const figure = Math.round(perSecond).toLocaleString('en');
  return [
    `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
    `<rect x="${LEFT}" y="${y}" width="${scale(perSecond).toFixed(1)}" height="${BAR}" ` +
      `fill="${COLOURS[peer] ?? '#666666'}"/>`,
    `<path d="M${at(perSecondLeast)} ${middle}H${at(perSecondMost)}" stroke="#000000"/>`,
    `<text x="${(LEFT + scale(perSecondMost) + 6).toFixed(1)}" y="${middle + 4}">${figure}</text>`,
  ].join('\n');
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
