// Error codes: the list in the code and the list in the documentation are the same.
// How errors are sent is tested in test/server/.
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { expect, test } from 'vitest';
import {
  messageOf,
  ReplyError,
  type ReplyErrorCode,
  replyErrors,
  StartError,
  startErrors,
} from '../../../server/errors.ts';

const DOCS = readFileSync(new URL('../../../docs/server.md', import.meta.url), 'utf8');
const REPLY_CODES = Object.keys(replyErrors) as ReplyErrorCode[];

test('the documentation lists every code of a reply with its status, and no other', () => {
  const documented = [...DOCS.matchAll(/^\| `(DKV_\w+)` \| (\d+) \|/gm)].map(
    ([, code, status]) => `${code} ${status}`,
  );
  const known = Object.entries(replyErrors).map(([code, { status }]) => `${code} ${status}`);
  expect(documented.toSorted()).toEqual(known.toSorted());
});

test('the documentation lists every code of a failed start, and no other', () => {
  const documented = [...DOCS.matchAll(/^\| `(DKV_\w+)` \| (?!\d)/gm)].map(([, code]) => code);
  expect(documented.toSorted()).toEqual(Object.keys(startErrors).toSorted());
});

test('no code is used for both', () => {
  expect(Object.keys(startErrors).filter((code) => code in replyErrors)).toEqual([]);
});

test.each(REPLY_CODES)('%s has an HTTP status and a sentence', (code) => {
  const { status, sentence } = replyErrors[code];
  expect(STATUS_CODES).toHaveProperty(String(status));
  expect(sentence).toMatch(/^[A-Z].*\.$/);
});

test('the meaning of every start code is a sentence', () => {
  for (const meaning of Object.values(startErrors)) expect(meaning).toMatch(/^\S.*\.$/);
});

test('a reply error takes its status from its code and its sentence where none is given', () => {
  const error = new ReplyError('DKV_KEY_NOT_FOUND');
  expect(error.status).toBe(404);
  expect(error.message).toBe(replyErrors.DKV_KEY_NOT_FOUND.sentence);
  expect(error.headers).toEqual({});
});

test('errors keep their cause', () => {
  const cause = new Error('below');
  expect(new ReplyError('DKV_INTERNAL', undefined, { cause }).cause).toBe(cause);
  expect(new StartError('DKV_START_FAILED', 'stopped', cause).cause).toBe(cause);
});

test('the message of anything thrown can be told', () => {
  expect(messageOf(new Error('a reason'))).toBe('a reason');
  expect(messageOf('a text')).toBe('a text');
  expect(messageOf(undefined)).toBe('undefined');
});
