// What a feed holds while it is read, and what is told when it fails in its middle.
// Used as `v1-feed.test.ts` is: over real connections.
import { expect, test, vi } from 'vitest';
import { openEvents } from './support/event-stream.ts';
import { openV1, urlOf } from './support/open-v1.ts';
import { put } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

async function openFeed(deps: Parameters<typeof openV1>[0] = {}) {
  const open = await openV1(deps);
  const url = await urlOf(open);
  const feed = (query = '') => openEvents(`${url}/v1/databases/0/changes${query}`);
  return { ...open, feed };
}

test('a value is counted as it is sent: escaped, it may have six times its bytes', async () => {
  const { store, feed } = await openFeed({ repliesBytesMax: 8 * 1024 * 1024 });
  await put(store, 0, 'escaped', Buffer.alloc(1024 * 1024, 1));
  const reader = await feed('?values=true');
  const [event] = await reader.until(1);
  expect(event).toMatchObject({ event: 'problem', data: { code: 'DKV_SERVER_BUSY' } });
  await waitFor('its end', reader.hasEnded);
});

test('a feed to which nothing happens holds no room for what it has told', async () => {
  const repliesBytesMax = 5 * 1024 * 1024;
  const { store, feed } = await openFeed({ repliesBytesMax, feedHeartbeatMs: 600_000 });
  await put(store, 0, 'big', Buffer.alloc(1024 * 1024, 'v'));
  for (let i = 0; i < 8; i += 1) {
    const reader = await waitFor('room', async () => {
      const one = await feed('?values=true');
      const [event] = one.reply.statusCode === 200 ? await one.until(1) : [];
      return event?.event === 'put' ? one : undefined;
    });
    expect(reader.hasEnded()).toBe(false);
  }
});

test('a failure in the middle is told, and logged with its cause', async () => {
  const { store, feed, entry, lines } = await openFeed();
  const reader = await feed();
  await waitFor('its beginning', () => reader.blocks().length > 0);
  const failure = new Error('no page today');
  vi.spyOn(store, 'changes').mockRejectedValue(failure);
  await entry('PUT', 'k', { body: 'v' });
  const [event] = await reader.until(1);
  expect(event).toMatchObject({ event: 'problem', data: { code: 'DKV_INTERNAL' } });
  const logged = lines().filter(({ level }) => level >= 50);
  expect(logged).toMatchObject([{ code: 'DKV_INTERNAL', err: { message: 'no page today' } }]);
});
