// The token file over time: changed, swapped as the kubelet does it, emptied, gone and back.
// What its text means is tested in test/unit/server/tokens.test.ts.
import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openTokens, type Tokens } from '../../server/tokens.ts';
import { type CapturedLog, capturedLog } from './support/captured-log.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const POLL_MS = 20;

interface Watched extends CapturedLog {
  readonly tokens: Tokens;
  readonly path: string;
}

function watch(text: string): Watched {
  const path = join(tempFolder(), 'token');
  writeFileSync(path, text);
  const captured = capturedLog();
  const tokens = openTokens(path, captured.log, POLL_MS);
  onTestFinished(tokens.close);
  return { ...captured, tokens, path };
}

const complaints = ({ lines }: Watched) => lines().filter(({ level }) => level === 50);

test('a changed file counts without a restart', async () => {
  const watched = watch('old\n');
  writeFileSync(watched.path, 'new read-only\n');
  await waitFor('the new token', () => watched.tokens.accessOf('new') === 'read-only');
  expect(watched.tokens.accessOf('old')).toBeUndefined();
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
  const tokens = openTokens(join(folder, 'token'), capturedLog().log, POLL_MS);
  onTestFinished(tokens.close);
  expect(tokens.accessOf('old')).toBe('read-write');
  symlinkSync('..two', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await waitFor('the new token', () => tokens.accessOf('new'));
  expect(tokens.accessOf('old')).toBeUndefined();
});

test.each([
  ['emptied', (path: string) => writeFileSync(path, '')],
  ['made wrong', (path: string) => writeFileSync(path, 'not a token at all')],
  ['gone', (path: string) => unlinkSync(path)],
  ['too large', (path: string) => writeFileSync(path, '#'.repeat(limits.tokensFileBytesMax + 1))],
])('a file that was %s leaves the old tokens, and one line in the log', async (_, spoil) => {
  const watched = watch('old\n');
  spoil(watched.path);
  await waitFor('a complaint', () => complaints(watched).length > 0);
  expect(watched.tokens.accessOf('old')).toBe('read-write');
  writeFileSync(watched.path, 'new\n');
  await waitFor('the new token', () => watched.tokens.accessOf('new'));
  const reasons = complaints(watched).map(({ reason }) => reason);
  expect(new Set(reasons).size).toBe(reasons.length);
});

test('no line of the log holds a token', async () => {
  const watched = watch('private-token\n');
  writeFileSync(watched.path, 'private-token but wrong\n');
  await waitFor('a complaint', () => complaints(watched).length > 0);
  expect(watched.text()).not.toContain('private');
});

test('after close the file is not looked at any more', async () => {
  const watched = watch('old\n');
  watched.tokens.close();
  const other = watch('old\n');
  for (const { path } of [watched, other]) writeFileSync(path, 'new\n');
  await waitFor('the watched one', () => other.tokens.accessOf('new'));
  expect(watched.tokens.accessOf('new')).toBeUndefined();
});

test.each([
  ['gone', undefined, /no such file/i],
  ['empty', '', /no token/],
  ['wrong', 'two words here', /line 1/],
])('at the start a file that is %s is an error', (_, text, message) => {
  const path = join(tempFolder(), 'token');
  if (text !== undefined) writeFileSync(path, text);
  expect(() => openTokens(path, capturedLog().log)).toThrow(
    expect.objectContaining({
      code: 'DKV_TOKENS_FILE_INVALID',
      message: expect.stringMatching(message),
    }),
  );
});
