// The watch of the sealing key file: what counts as a change, and that nothing ends it. What the
// store makes of a change is in `sealing-reload.test.ts`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { parseSealingKeyFile, type SealingKey } from '../../server/sealing/key-file.ts';
import { watchSealingKeys } from '../../server/sealing/key-watch.ts';
import { type CapturedLog, capturedLog } from './support/captured-log.ts';
import { keyId, keyText, replaceFile } from './support/key-files.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const ERROR = 50;
const complaints = ({ lines }: CapturedLog) => lines().filter(({ level }) => level === ERROR);

const POLL_MS = 10;

interface Watched extends CapturedLog {
  readonly path: string;
  readonly taken: (readonly SealingKey[])[];
  readonly endWatch: () => void;
}

/** A file with key 1, watched; `refuse` may reject what is taken. */
function watch(path: string, refuse: () => void = () => {}): Watched {
  const captured = capturedLog();
  const taken: (readonly SealingKey[])[] = [];
  const take = async (keys: readonly SealingKey[]) => {
    refuse();
    taken.push(keys);
  };
  const file = { path, keys: parseSealingKeyFile(keyText(1)), take };
  const endWatch = watchSealingKeys(file, captured.log, POLL_MS);
  onTestFinished(endWatch);
  return { ...captured, path, taken, endWatch };
}

function newKeyFile(): string {
  const path = join(tempFolder(), 'key');
  writeFileSync(path, keyText(1));
  return path;
}

test('a file behind a symbolic link that is swapped counts', async () => {
  const folder = tempFolder();
  for (const [name, fill] of [
    ['..one', 1],
    ['..two', 2],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'key'), keyText(fill));
  }
  symlinkSync('..one', join(folder, '..data'));
  symlinkSync(join('..data', 'key'), join(folder, 'key'));
  const { taken } = watch(join(folder, 'key'));
  symlinkSync('..two', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await waitFor('the new key', () => taken[0]);
  expect(taken[0]?.map(({ id }) => id)).toEqual([keyId(2)]);
});

test('a file that was refused is offered again until it is taken, with one line', async () => {
  let refusals = 0;
  const watched = watch(newKeyFile(), () => {
    refusals += 1;
    if (refusals < 5) throw new Error('the store needs another one');
  });
  replaceFile(watched.path, keyText(2));
  await waitFor('the new key', () => watched.taken[0]);
  expect(refusals).toBe(5);
  expect(complaints(watched)).toHaveLength(1);
});

test('after a refusal even the keys of before are taken again', async () => {
  const watched = watch(newKeyFile(), () => {
    if (complaints(watched).length === 0) throw new Error('it may have counted all the same');
  });
  replaceFile(watched.path, keyText(2));
  await waitFor('the refusal', () => complaints(watched)[0]);
  replaceFile(watched.path, keyText(1));
  await waitFor('the old key', () => watched.taken[0]?.some(({ id }) => id === keyId(1)));
});

const makePipe = (path: string): void => void execFileSync('mkfifo', [path]);

test.each([
  ['a pipe', makePipe, /not a regular file/],
  ['a folder', (path: string) => mkdirSync(path), /not a regular file/],
  [
    'too large',
    (path: string) => writeFileSync(path, 'A'.repeat(limits.sealingKeyFileBytesMax + 1)),
    /larger than/,
  ],
] as const)('a file that became %s is told, and does not end the watch', async (_, make, says) => {
  const watched = watch(newKeyFile());
  rmSync(watched.path);
  make(watched.path);
  await waitFor('a complaint', () =>
    complaints(watched).find(({ reason }) => says.test(String(reason))),
  );
  rmSync(watched.path, { recursive: true });
  replaceFile(watched.path, keyText(2));
  await waitFor('the new key', () => watched.taken[0]);
});

test('the same keys in another order are a change, white space is none', async () => {
  const watched = watch(newKeyFile());
  replaceFile(watched.path, `\n${keyText(1)}\n`);
  const other = watch(newKeyFile());
  replaceFile(other.path, keyText(1, 2));
  await waitFor('the other file', () => other.taken[0]);
  replaceFile(other.path, keyText(2, 1));
  await waitFor('the new order', () => other.taken[1]);
  expect(watched.taken).toHaveLength(0);
});

test('after its end the file is not looked at any more', async () => {
  const watched = watch(newKeyFile());
  watched.endWatch();
  const other = watch(newKeyFile());
  for (const { path } of [watched, other]) replaceFile(path, keyText(2));
  await waitFor('the watched one', () => other.taken[0]);
  expect(watched.taken).toHaveLength(0);
});
