// Export and import across the end of the server, a crash or a shutdown: each goes on where it was,
// and nothing that was acknowledged is missing. Real processes.
import { expect, test } from 'vitest';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { type JsonLine, openExport, openImport } from './support/transfer.ts';
import { waitFor } from './support/wait-for.ts';

const COUNT = 60_000;
const VALUE = 'v'.repeat(200);

const line = (i: number) => `${JSON.stringify({ key: `key-${i}`, value: `${VALUE}${i}` })}\n`;
const allLines = Array.from({ length: COUNT }, (_, i) => line(i));

const at = async (server: ServerProcess, path: string) =>
  `${await server.url()}/v1/databases/0/${path}`;

/** Lines that were acknowledged, whatever became of those after them. */
const acknowledged = (lines: readonly JsonLine[]): number =>
  Math.max(0, ...lines.map(({ lines: count }) => Number(count ?? 0)));

async function importAll(server: ServerProcess, lines: readonly string[], query = '') {
  const running = openImport(await at(server, `import${query}`));
  running.request.end(lines.join(''));
  return running.until('the end of the import', ({ end }) => end === true);
}

/** The entries of a whole export, by as many parts as it takes. */
const keysIn = (lines: readonly JsonLine[]): string[] =>
  lines.flatMap(({ key }) => (typeof key === 'string' ? [key] : []));

const valueAt = async (server: ServerProcess, i: number) =>
  (await fetch(await at(server, `keys/key-${i}`))).text();

test('an import that a crash cut goes on from its last line, or from its first', async () => {
  const folder = tempFolder();
  const first = startServer(folder);
  const cut = openImport(await at(first, 'import'));
  for (const one of allLines) cut.request.write(one);
  await waitFor('some lines to be stored', () => acknowledged(cut.lines()) > 0);
  first.child.kill('SIGKILL');
  await first.exit();
  expect(await cut.over()).toBe('cut');
  const stored = acknowledged(cut.lines());
  expect(stored).toBeLessThan(COUNT);
  const second = startServer(folder);
  expect(await valueAt(second, 0)).toBe(`${VALUE}0`);
  expect(await valueAt(second, stored - 1)).toBe(`${VALUE}${stored - 1}`);
  const rest = await importAll(second, allLines, `?from=${stored + 1}`);
  expect(rest).toMatchObject({ lines: COUNT, imported: COUNT - stored });
  expect(await valueAt(second, COUNT - 1)).toBe(`${VALUE}${COUNT - 1}`);
  const again = await importAll(second, allLines, '?onConflict=skip');
  expect(again).toMatchObject({ lines: COUNT, imported: 0, skipped: COUNT });
});

test('an export that a crash cut goes on with its last cursor', async () => {
  const folder = tempFolder();
  const first = startServer(folder);
  await importAll(first, allLines);
  const cut = openExport(await at(first, 'export'));
  await cut.until('some pages', ({ cursor, format }) => Boolean(cursor) && format === undefined);
  cut.reply()?.pause();
  first.child.kill('SIGKILL');
  await first.exit();
  cut.reply()?.resume();
  expect(await cut.over()).toBe('cut');
  expect(cut.lines().some(({ end }) => end === true)).toBe(false);
  const lastAt = cut.lines().findLastIndex(({ cursor }) => cursor !== undefined);
  const second = startServer(folder);
  const rest = openExport(await at(second, `export?cursor=${cut.lines()[lastAt]?.cursor}`));
  await rest.until('the end of the export', ({ end }) => end === true);
  const keys = [...keysIn(cut.lines().slice(0, lastAt)), ...keysIn(rest.lines())];
  expect(keys).toHaveLength(COUNT);
  expect(new Set(keys).size).toBe(COUNT);
});

test('a shutdown ends both between two lines, and says how far they came', async () => {
  const folder = tempFolder();
  const first = startServer(folder);
  await importAll(first, allLines.slice(0, 30_000));
  const running = openImport(await at(first, 'import'));
  running.request.write(line(30_000));
  await running.until('the line', ({ lines }) => lines === 1);
  const reading = openExport(await at(first, 'export'));
  await reading.until(
    'some pages',
    ({ cursor, format }) => Boolean(cursor) && format === undefined,
  );
  reading.reply()?.pause();
  first.child.kill('SIGTERM');
  const { problem } = await running.until('the end', (one) => one.problem !== undefined);
  expect(problem).toMatchObject({ code: 'DKV_STORE_UNAVAILABLE', lines: 1 });
  expect(await first.exit()).toBe(0);
  const second = startServer(folder);
  expect(await valueAt(second, 30_000)).toBe(`${VALUE}30000`);
});
