// The progress of a rotation as Prometheus sees it: while it is held up, and when it is over.
// What the figures are made of is tested in test/unit/server/sealing/rotation.test.ts.
import { mkdirSync, rmSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { type Files, openWith, writeKeys } from './support/key-files.ts';
import { type OpenApp, openApp } from './support/open-app.ts';
import { filledStore } from './support/rotated-store.ts';
import { waitFor } from './support/wait-for.ts';

const ENTRIES = 150;

async function scraped(files: Files): Promise<() => Promise<Record<string, number>>> {
  const store = await openWith(files);
  onTestFinished(() => store.close());
  const opened = await openApp({ store });
  return () => figuresIn(opened);
}

/** The figures of the rotation by what is left of their names. */
async function figuresIn({ send }: OpenApp): Promise<Record<string, number>> {
  const { body } = await send({ url: '/metrics' });
  const lines = body.matchAll(/^dumbkv_sealing_(\S+) (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, name, figure]) => [name, Number(figure)]));
}

const figures = (current: number, other: number, pending: number) => ({
  'keys{state="current"}': current,
  'keys{state="other"}': other,
  rotation_pending_entries: pending,
  rotation_damaged_entries: 0,
});

test('a store whose keys are all of the first key has nothing pending', async () => {
  const scrape = await scraped(await filledStore(ENTRIES));
  expect(await scrape()).toEqual(figures(2, 0, 0));
});

test('a rotation that is held up is seen, with every row that it may concern', async () => {
  const files = await filledStore(ENTRIES);
  rmSync(`${files.location}.reserve`);
  mkdirSync(`${files.location}.reserve`);
  writeKeys(files, 2, 1);
  const scrape = await scraped(files);
  expect(await scrape()).toEqual(figures(0, 2, ENTRIES));
});

test('a rotation that is over leaves nothing behind', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 2, 1);
  const scrape = await scraped(files);
  const isOver = (found: Record<string, number>) =>
    found.rotation_pending_entries === 0 && found['keys{state="current"}'] === 2;
  await waitFor('the rotation to end', async () => isOver(await scrape()));
  expect(await scrape()).toEqual(figures(2, 0, 0));
});
