// Events of the feed in both of their forms.
// How they are sent is tested in test/server/v1-feed.test.ts.
import { expect, test } from 'vitest';
import { eventObject, sentEvent, sentEvents } from '../../../server/feed-event.ts';
import type { FeedEvent } from '../../../server/store/store.ts';

const incarnation = '3f2a9c01-aaaa-4bbb-8ccc-0123456789ab';
const form = { incarnation, withValues: true };
const entry = { value: Buffer.from('v'), contentType: 'a/b', revision: 7, expiresAtMs: 1000 };
const stored: FeedEvent = { kind: 'put', key: 'k', revision: 7, entry };

test('a stored entry tells its version, its end and its value', () => {
  const version = { type: 'put', key: 'k', revision: '7', etag: '"3f2a9c01-7"' };
  const expiresAt = '1970-01-01T00:00:01.000Z';
  expect(eventObject(stored, form)).toEqual({
    ...version,
    expiresAt,
    contentType: 'a/b',
    value: 'v',
  });
  expect(eventObject(stored, { ...form, withValues: false })).toEqual({ ...version, expiresAt });
});

test.each([
  ['remove', 'delete'],
  ['expire', 'expire'],
] as const)('an entry that is gone by %s is told as %s', (kind, type) => {
  const event = { kind, key: 'k', revision: 8 };
  expect(eventObject(event, form)).toEqual({ type, key: 'k', revision: '8' });
});

test('a block without data is its position alone', () => {
  expect(sentEvent('3f2a9c01-7')).toBe('id: 3f2a9c01-7\n\n');
});

test('no text in the data can end its line', () => {
  const block = sentEvent('3f2a9c01-7', 'put', { value: 'a\n\nb\r\nc\rd\u2028' });
  expect(block.split(/\r\n|\n|\r/)).toHaveLength(5);
});

test('what cannot be read is told at the end of its page', () => {
  const page = { events: [stored], unreadable: 2, revision: 9, hasMore: false };
  const blocks = [...sentEvents(page, form)];
  expect(blocks).toHaveLength(2);
  expect(blocks[1]).toBe('id: 3f2a9c01-9\nevent: unreadable\ndata: {"unreadable":2}\n\n');
});
