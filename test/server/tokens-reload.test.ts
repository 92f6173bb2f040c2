// The token file over time: changed, swapped as the kubelet does it, emptied, gone and back.
// What its text means is tested in test/unit/server/tokens.test.ts.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openTokens, type Tokens } from '../../server/tokens.ts';
import { type CapturedLog, capturedLog } from './support/captured-log.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const POLL_MS = 20;
/** Well formed, and longer than a token file may be. */
const TOO_LARGE = `s3cret\n${'#'.repeat(limits.tokensFileBytesMax)}`;

interface Watched extends CapturedLog {
  readonly tokens: Tokens;
  readonly path: string;
}

async function watch(text: string): Promise<Watched> {
  const path = join(tempFolder(), 'token');
  writeFileSync(path, text);
  const captured = capturedLog();
  const tokens = await openTokens(path, captured.log, POLL_MS);
  onTestFinished(() => tokens.close());
  return { ...captured, tokens, path };
}

/** Makes a pipe that nobody writes to, in place of what is there. */
function makePipe(path: string): void {
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
}

const complaints = ({ lines }: Watched) => lines().filter(({ level }) => level === 50);

test('a changed file counts without a restart', async () => {
  const watched = await watch('old\n');
  writeFileSync(watched.path, 'new read-only\n');
  await waitFor('the new token', () => watched.tokens.callerOf('new')?.access === 'read-only');
  expect(watched.tokens.callerOf('old')).toBeUndefined();
  expect(watched.tokens.generation).toBe(1);
  expect(watched.lines().at(-1)).toMatchObject({ tokens: 1 });
});

test('a file behind a symbolic link that is swapped counts', async () => {
  const folder = tempFolder();
  for (const [name, text] of [
    ['..one', 'old'],
    ['..two', 'new'],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'token'), text);
  }
  symlinkSync('..one', join(folder, '..data'));
  symlinkSync(join('..data', 'token'), join(folder, 'token'));
  const tokens = await openTokens(join(folder, 'token'), capturedLog().log, POLL_MS);
  onTestFinished(() => tokens.close());
  expect(tokens.callerOf('old')?.access).toBe('read-write');
  symlinkSync('..two', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await waitFor('the new token', () => tokens.callerOf('new'));
  expect(tokens.callerOf('old')).toBeUndefined();
});

test.each([
  ['emptied', (path: string) => writeFileSync(path, '')],
  ['made wrong', (path: string) => writeFileSync(path, 'not a token at all')],
  ['gone', (path: string) => unlinkSync(path)],
  ['made to hold a token twice', (path: string) => writeFileSync(path, 'new\nnew read-only\n')],
  ['made a pipe', makePipe],
  ['too large', (path: string) => writeFileSync(path, TOO_LARGE)],
])('a file that was %s leaves the old tokens, and one line in the log', async (_, spoil) => {
  const watched = await watch('old\n');
  spoil(watched.path);
  await waitFor('a complaint', () => complaints(watched).length > 0);
  expect(watched.tokens.callerOf('old')?.access).toBe('read-write');
  expect(watched.tokens.generation).toBe(0);
  rmSync(watched.path, { force: true });
  writeFileSync(watched.path, 'new\n');
  await waitFor('the new token', () => watched.tokens.callerOf('new'));
  const reasons = complaints(watched).map(({ reason }) => reason);
  expect(new Set(reasons).size).toBe(reasons.length);
});

test('no line of the log holds a token', async () => {
  const watched = await watch('private-token\n');
  writeFileSync(watched.path, 'private-token but wrong\n');
  await waitFor('a complaint', () => complaints(watched).length > 0);
  expect(watched.text()).not.toContain('private');
});

test('after close the file is not looked at any more', async () => {
  const watched = await watch('old\n');
  watched.tokens.close();
  const other = await watch('old\n');
  for (const { path } of [watched, other]) writeFileSync(path, 'new\n');
  await waitFor('the watched one', () => other.tokens.callerOf('new'));
  expect(watched.tokens.callerOf('new')).toBeUndefined();
});

test.each([
  ['gone', () => {}, /no such file/i],
  ['empty', (path: string) => writeFileSync(path, ''), /no token/],
  ['wrong', (path: string) => writeFileSync(path, 'two words here'), /line 1/],
  ['a pipe', makePipe, /not a regular file/],
  ['a folder', (path: string) => mkdirSync(path), /not a regular file/],
  ['too large', (path: string) => writeFileSync(path, TOO_LARGE), /larger than 1048576 bytes/],
])('at the start a file that is %s is an error', async (_, make, message) => {
  const path = join(tempFolder(), 'token');
  make(path);
  await expect(openTokens(path, capturedLog().log)).rejects.toMatchObject({
    code: 'DKV_TOKENS_FILE_INVALID',
    message: expect.stringMatching(message),
  });
});

test('the longest file is taken', async () => {
  const path = join(tempFolder(), 'token');
  writeFileSync(path, TOO_LARGE.slice(0, limits.tokensFileBytesMax));
  const tokens = await openTokens(path, capturedLog().log);
  onTestFinished(() => tokens.close());
  expect(tokens.callerOf('s3cret')?.access).toBe('read-write');
});
