// Rows as columns of text, in the way of `kubectl get`. Pure; status-text.ts uses it.

const GAP = '   ';

/** Lines in which each column is as wide as its widest cell; the last column is not padded. */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join(GAP)
      .trimEnd(),
  );
}

const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

/** How long ago a moment was, in its largest unit: `5m`. */
export function age(moment: string | undefined, now: Date): string {
  if (moment === undefined) return '';
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(moment)) / 1000));
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
