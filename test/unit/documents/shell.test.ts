// The shell in which the documents are read: commands as they stand, one after the other, whatever
// becomes of one, and nothing left of them at the end.
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Shell } from '../../documents/shell.ts';
import { step } from '../../documents/walk.ts';
import { until } from '../../support/until.ts';

const PORT = 54_321;
const LIMIT_MS = 10_000;
let shell: Shell;

beforeEach(() => {
  shell = new Shell({ cwd: tmpdir(), port: PORT });
});
afterEach(() => shell.end());

const says = async (text: string): Promise<[number, string]> => [
  await shell.run(text),
  shell.output(),
];

it('gives the exit code and all that a command wrote', async () => {
  expect(await says('echo out; echo err >&2; (exit 3)')).toEqual([3, 'out\nerr\n']);
  expect(await says('nothing-of-this-name')).toEqual([127, expect.stringContaining('not found')]);
  expect(await says('cat <<EOF\na\n\nb\nEOF')).toEqual([0, 'a\n\nb\n']);
});

it('keeps variables from command to command, and gives none its own input', async () => {
  await shell.run("value='a b'");
  expect(await says('cat; printf %s "$value"')).toEqual([0, 'a b']);
});

it('lets a job go on, and ends it with the page', async () => {
  expect(await shell.run('(echo "pid $BASHPID"; exec sleep 600) &')).toBe(0);
  const pid = await until('the job has begun', () => /pid (\d+)/.exec(shell.output())?.[1]);
  expect(() => process.kill(Number(pid), 0)).not.toThrow();
  await shell.end();
  await until('the job is gone', () => {
    try {
      return !process.kill(Number(pid), 0);
    } catch {
      return true;
    }
  });
});

it('shows the port of the documents in place of its own', async () => {
  expect(await says(`echo "127.0.0.1:${PORT} -> 80"`)).toEqual([0, '127.0.0.1:8000 -> 80\n']);
});

it('tells what was said where a command ends the shell', async () => {
  await expect(shell.run('echo farewell; exit 1')).rejects.toThrow(/farewell/);
});

const stepOf = (text: string, shows?: string, isRepeated?: boolean) =>
  step(
    shell,
    { page: 'a.md', line: 7, text, shows },
    { limitMs: isRepeated ? LIMIT_MS : 1, ...(isRepeated !== undefined && { isRepeated }) },
  );

it.each([
  ['true', undefined],
  ['echo a b', 'a  b'],
  ['echo "Error from server: no"; false', 'Error from server: …'],
])('takes a step that does what the page says: %s', (text, shows) => stepOf(text, shows));

it.each([
  ['false', undefined],
  ['echo a', 'b'],
  ['echo "Error: no"', 'Error: no'],
  [`echo '{"code":"DKV_TOKEN_MISSING"}'`, undefined],
])('refuses one that does not: %s', async (text, shows) => {
  await expect(stepOf(text, shows)).rejects.toThrow('a.md:7 does what it says');
});

it('tries again where that is asked for, until it is so', async () => {
  await shell.run('n=0');
  await stepOf('n=$((n + 1)); echo "$n"', '3', true);
});

it('waits for what a job says later', async () => {
  const later = stepOf('(sleep 0.2; echo later) &', 'later', false);
  await expect(later).rejects.toThrow('exit code 0');
  const command = { page: 'a.md', line: 1, text: '(sleep 0.2; echo later) &', shows: 'later' };
  await step(shell, command, { limitMs: LIMIT_MS });
});
