// The frame of a proof: it ends what was started, keeps the files of a failure, and ends in time.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Proof, type Run, runProof } from './proof.ts';

interface Seen {
  readonly lines: string[];
  readonly ended: string[];
  folder: string;
}

/** Runs a proof that does this, and gives what came of it. */
async function play(work: (run: Run) => Promise<string>, limitMinutes = 1) {
  const seen: Seen = { lines: [], ended: [], folder: '' };
  const proof: Proof<{ count: number }> = {
    ...{ name: 'a-proof', says: '', needsTracer: false, short: { count: 1 }, long: { count: 2 } },
    run: async (figures, run) => {
      seen.folder = run.folder;
      writeFileSync(join(run.folder, 'file'), '');
      run.atEnd(() => void seen.ended.push('first'));
      run.atEnd(() => void seen.ended.push('second'));
      return `${await work(run)} ${figures.count}`;
    },
  };
  const write = (line: string) => void seen.lines.push(line);
  const result = runProof(proof, proof.short, { seed: 7, limitMinutes, write });
  onTestFinished(() => rmSync(seen.folder, { recursive: true, force: true }));
  return { result: await result.catch((error: Error) => error), seen };
}

test('a proof that holds says so with its seed, and leaves nothing', async () => {
  const { result, seen } = await play(async () => 'all held');
  expect(result).toMatch(/^all held 1 \(\d+ s, seed 7\)$/);
  expect(seen.ended).toEqual(['second', 'first']);
  expect(existsSync(seen.folder)).toBe(false);
});

test('one that does not hold ends what it started, and keeps its files', async () => {
  const { result, seen } = await play(() => Promise.reject(new Error('lost')));
  expect(result).toMatchObject({ message: 'lost' });
  expect(seen.ended).toEqual(['second', 'first']);
  expect(existsSync(join(seen.folder, 'file'))).toBe(true);
  expect(seen.lines).toEqual([`a-proof FAILED with seed 7; its files are in ${seen.folder}`]);
});

test('one that hangs is not proved', async () => {
  const { result, seen } = await play(() => new Promise(() => {}), 1e-6);
  expect(result).toMatchObject({ message: expect.stringContaining('not over after') });
  expect(seen.ended).toEqual(['second', 'first']);
});

test('progress is told now and then, results always; chance follows the seed', async () => {
  const numbers: number[] = [];
  const work = async ({ progress, print, chance }: Run) => {
    for (let i = 0; i < 100; i += 1) progress(`${i} of 100`);
    print('a line');
    print('another');
    numbers.push(chance.next());
    return '';
  };
  const { seen } = await play(work);
  const progress = expect.stringMatching(/^a-proof \d+ s: 0 of 100$/);
  expect(seen.lines).toEqual([progress, 'a line', 'another']);
  await play(work);
  expect(numbers[0]).toBe(numbers[1]);
});
