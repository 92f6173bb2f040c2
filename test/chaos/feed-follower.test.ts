// A follower goes on where it was, and finds what no feed may tell.
import { expect, test } from 'vitest';
import { waitFor } from '../server/support/wait-for.ts';
import { Chance } from './chance.ts';
import { FeedFollower } from './feed-follower.ts';
import { HttpClient } from './http-client.ts';
import { answering } from './lying-server.ts';
import { Revisions } from './revisions.ts';

const put = (revision: number, key = 'k', value = `v ${revision}`): string => {
  const data = JSON.stringify({ key, revision: String(revision), etag: '"…"', value });
  return `id: 1-${revision}\nevent: put\ndata: ${data}\n\n`;
};
const moved = (revision: number): string => `retry: 2000\nid: 1-${revision}\n\n`;

/** Follows feeds that tell this, one after the other; the last one again and again. */
async function followed(...feeds: { readonly status?: number; readonly text: string }[]) {
  const positions: unknown[] = [];
  const url = await answering(({ headers }) => {
    positions.push(headers['last-event-id']);
    const { status = 200, text } = feeds[positions.length - 1] ?? { text: '' };
    return { status, text };
  });
  const client = new HttpClient(url, 1);
  const revisions = new Revisions();
  const replicas = { listening: [{ url, client }] };
  const follower = new FeedFollower({ replicas, revisions, chance: new Chance(1) });
  const end = new AbortController();
  const isOver = () => positions.length > feeds.length;
  const following = follower.follow(end.signal);
  await Promise.race([following, waitFor('all feeds to be read', isOver)]);
  end.abort();
  await following;
  return { follower, positions, revisions };
}

test('it goes on where it was, also from what only moves it on', async () => {
  const { follower, positions } = await followed(
    { text: moved(0) + put(1) + put(2, 'other') },
    { text: moved(2) },
    { text: moved(2) + put(3) + moved(5) },
  );
  expect(positions.slice(0, 4)).toEqual([undefined, '1-2', '1-2', '1-5']);
  expect([follower.told.count, follower.told.last]).toEqual([3, 3]);
});

test('an event that is cut is not taken, and one that says why it ends is none', async () => {
  const problem = 'id: 1-1\nevent: problem\ndata: {"status":503}\n\n';
  const { follower, positions } = await followed(
    { text: put(1) + put(2).slice(0, -1) },
    { text: problem },
    { status: 503, text: put(9) },
    { text: put(2) },
  );
  expect(positions.slice(0, 5)).toEqual([undefined, '1-1', '1-1', '1-1', '1-2']);
  expect(follower.told.count).toBe(2);
});

test('a removal has no value', async () => {
  const removal = 'id: 1-2\nevent: delete\ndata: {"key":"k","revision":"2"}\n\n';
  const { revisions } = await followed({ text: put(1) + removal });
  expect(() => revisions.acknowledge({ key: 'k', revision: 2, value: undefined }, 1)).not.toThrow();
});

test.each([
  ['an event again', [{ text: put(1) }, { text: put(1) }], 'was told after 1'],
  ['events out of order', [{ text: put(2) + put(1, 'other') }], 'was told after 2'],
  ['what it cannot read', [{ text: 'event: unreadable\ndata: {}\n\n' }], 'cannot read'],
  ['that it is gone', [{ text: put(1) }, { status: 410, text: '' }], 'answered with 410'],
])('a feed that tells %s is found', async (_, feeds, says) => {
  await expect(followed(...feeds)).rejects.toThrow(says);
});
