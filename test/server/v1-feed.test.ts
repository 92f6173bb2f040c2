// The live feed over real connections: events as they happen, going on after a break, heartbeats,
// slow readers, and the end of the server or of a token.
import { expect, test } from 'vitest';
import { findToken, parseTokens } from '../../server/tokens.ts';
import { type EventReader, openEvents } from './support/event-stream.ts';
import { type OpenV1, openV1, urlOf } from './support/open-v1.ts';
import { startServer } from './support/server-process.ts';
import { put } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

type Feed = OpenV1 & {
  feed(query?: string, headers?: Record<string, string>): Promise<EventReader>;
};

async function openFeed(deps: Parameters<typeof openV1>[0] = {}): Promise<Feed> {
  const open = await openV1(deps);
  const url = await urlOf(open);
  const feed: Feed['feed'] = (query = '', headers = {}) =>
    openEvents(`${url}/v1/databases/0/changes${query}`, headers);
  return { ...open, feed };
}

const told = (reader: EventReader): string[] =>
  reader.events().map(({ event, data }) => `${event} ${data?.key}`);

const lastIdOf = (reader: EventReader): string => reader.blocks().at(-1)?.id ?? '';

test('what is there is told first, and then what happens', async () => {
  const { entry, feed } = await openFeed();
  await entry('PUT', 'before', { body: 'v' });
  const reader = await feed();
  expect(reader.reply.statusCode).toBe(200);
  expect(reader.reply.headers['content-type']).toBe('text/event-stream');
  expect(reader.reply.headers['cache-control']).toBe('no-store');
  await reader.until(1);
  const after = await entry('PUT', 'after', { body: 'v' });
  await reader.until(2);
  await entry('DELETE', 'before');
  const events = await reader.until(3);
  expect(events).toEqual([
    expect.objectContaining({ event: 'put', data: expect.objectContaining({ key: 'before' }) }),
    {
      id: String(after.headers.etag).slice(1, -1),
      event: 'put',
      data: { key: 'after', revision: '2', etag: after.headers.etag },
    },
    {
      id: expect.stringMatching(/-3$/),
      event: 'delete',
      data: { key: 'before', revision: '3' },
    },
  ]);
});

test('values come where they are asked for, whatever is in them', async () => {
  const { entry, feed } = await openFeed();
  const reader = await feed('?since=now&values=true');
  const headers = { 'content-type': 'text/plain' };
  await entry('PUT', 'lines', { headers, body: 'one\n\ndata: two\r\n' });
  await entry('PUT', 'bytes', { headers, body: Buffer.of(255) });
  const events = await reader.until(2);
  expect(events.map(({ data }) => data)).toMatchObject([
    { contentType: 'text/plain', value: 'one\n\ndata: two\r\n' },
    { contentType: 'text/plain', valueBase64: '/w==' },
  ]);
});

test('who comes back with the last id misses nothing', async () => {
  const { entry, feed } = await openFeed();
  const seen: string[] = [];
  let lastId = '';
  for (let round = 0; round < 5; round += 1) {
    const reader = await feed('', lastId === '' ? {} : { 'last-event-id': lastId });
    await entry('PUT', `during-${round}`, { body: 'v' });
    await waitFor('the event', () => told(reader).includes(`put during-${round}`));
    seen.push(...told(reader));
    lastId = lastIdOf(reader);
    reader.request.destroy();
    await entry('PUT', `between-${round}`, { body: 'v' });
  }
  const last = await feed('', { 'last-event-id': lastId });
  await last.until(1);
  seen.push(...told(last));
  const expected = Array.from({ length: 5 }, (_, i) => [`put during-${i}`, `put between-${i}`]);
  expect(seen).toEqual(expected.flat());
});

test('who began now, and was cut before anything happened, misses nothing either', async () => {
  const { entry, feed } = await openFeed({ feedHeartbeatMs: 600_000 });
  await entry('PUT', 'before', { body: 'v' });
  const reader = await feed('?since=now');
  await waitFor('the first id', () => lastIdOf(reader) !== '');
  reader.request.destroy();
  await entry('PUT', 'between', { body: 'v' });
  const again = await feed('?since=now', { 'last-event-id': lastIdOf(reader) });
  await again.until(1);
  expect(told(again)).toEqual(['put between']);
});

test('the last id goes before the query, and a wrong one is told', async () => {
  const { feed } = await openFeed();
  const gone = await feed('?since=now', { 'last-event-id': '00000000-1' });
  expect(gone.reply.statusCode).toBe(410);
  expect((await feed('', { 'last-event-id': 'x' })).reply.statusCode).toBe(400);
});

test('where nothing happens a heartbeat moves the reader on', async () => {
  const { call, feed } = await openFeed({ feedHeartbeatMs: 50 });
  const reader = await feed();
  await call('PUT', '/1/keys/elsewhere', { body: 'v' });
  await waitFor('the position to move', () => lastIdOf(reader).endsWith('-1'));
  await waitFor('more of them', () => reader.blocks().length > 4);
  expect(reader.events()).toEqual([]);
});

test('many changes in a row are told by few pages, each key with its last event', async () => {
  const { store, feed } = await openFeed();
  const reader = await feed('?values=true');
  for (let i = 0; i < 300; i += 1) await put(store, 0, `k${i % 3}`, Buffer.from(`${i}`));
  const newest = await waitFor('the last one', () =>
    reader.events().find(({ data }) => data?.value === '299'),
  );
  expect(newest.data?.key).toBe('k2');
  const revisions = reader.events().map(({ data }) => Number(data?.revision));
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  const values = new Map(reader.events().map(({ data }) => [data?.key, data?.value]));
  expect(Object.fromEntries(values)).toEqual({ k0: '297', k1: '298', k2: '299' });
});

test('feeds are so many at most, and those that are gone make room', async () => {
  const { feed } = await openFeed({ feedsMax: 2 });
  const [first, second] = [await feed(), await feed()];
  const third = await feed();
  expect(third.reply.statusCode).toBe(503);
  expect(third.reply.headers['retry-after']).toBe('1');
  first?.request.destroy();
  await waitFor('room', async () => (await feed()).reply.statusCode === 200);
  expect(second?.hasEnded()).toBe(false);
});

test('a feed ends with its token, after the next heartbeat', async () => {
  let known = parseTokens('reader read-only\nother read-only');
  let generation = 0;
  const tokens = {
    get generation() {
      return generation;
    },
    callerOf: (token: string) => findToken(known, token),
    close: () => {},
  };
  const { feed } = await openFeed({ tokens, feedHeartbeatMs: 50 });
  const readers = [
    await feed('', { authorization: 'Bearer reader' }),
    await feed('', { authorization: 'Bearer other' }),
  ];
  await waitFor('heartbeats', () => readers.every((reader) => reader.blocks().length > 2));
  known = parseTokens('other read-only');
  generation += 1;
  await waitFor('the end of one', () => readers[0]?.hasEnded());
  expect(readers[1]?.hasEnded()).toBe(false);
  expect((await feed('', { authorization: 'Bearer reader' })).reply.statusCode).toBe(401);
});

test('who does not read holds the room of one page, and others are served', async () => {
  const { store, feed, app, lines } = await openFeed({ repliesBytesMax: 20 * 1024 * 1024 });
  const value = Buffer.alloc(1024 * 1024, 'v');
  for (let i = 0; i < 30; i += 1) await put(store, 0, `big-${i}`, value);
  const stalled = await feed('?values=true');
  stalled.reply.pause();
  await waitFor('the feed to stall', () => stalled.reply.readableLength > 0);
  // the room of one page and its texts is taken, and another such reader still finds some
  const second = await feed('?values=true');
  expect(second.reply.statusCode).toBe(200);
  await second.until(30);
  stalled.reply.resume();
  await stalled.until(30);
  expect(lines().filter(({ level }) => level >= 40)).toEqual([]);
  expect(app.server.listening).toBe(true);
});

test('a reader for whose page there is no room is told so, and comes again', async () => {
  const { store, feed } = await openFeed({ repliesBytesMax: 3 * 1024 * 1024 });
  const value = Buffer.alloc(1024 * 1024, 'v');
  for (let i = 0; i < 8; i += 1) await put(store, 0, `big-${i}`, value);
  expect((await feed('?values=true')).reply.statusCode).toBe(503);
  expect((await feed('?values=true&limit=2')).reply.statusCode).toBe(200);
});

test('a shutdown ends feeds and those who wait, and is not held up by them', async () => {
  const server = startServer(tempFolder());
  const url = `${await server.url()}/v1/databases/0/changes`;
  const readers = await Promise.all([openEvents(url), openEvents(url)]);
  const waiting = fetch(`${url}?wait=30`);
  await fetch(`${await server.url()}/v1/databases/1/keys/k`, { method: 'PUT', body: 'v' });
  server.child.kill('SIGTERM');
  expect(await server.exit()).toBe(0);
  expect(readers.map((reader) => reader.hasEnded())).toEqual([true, true]);
  expect(await (await waiting).json()).toMatchObject({ events: [] });
  expect(server.lines().some(({ msg }) => msg.includes('are cut'))).toBe(false);
});

test('a feed survives a crash of the server: it goes on where it was', async () => {
  const folder = tempFolder();
  const first = startServer(folder);
  const entry = async (server: typeof first, key: string) =>
    fetch(`${await server.url()}/v1/databases/0/keys/${key}`, { method: 'PUT', body: 'v' });
  const reader = await openEvents(`${await first.url()}/v1/databases/0/changes`);
  await entry(first, 'before');
  await reader.until(1);
  const lastId = lastIdOf(reader);
  await entry(first, 'unseen');
  await first.end('SIGKILL');
  const second = startServer(folder);
  await entry(second, 'after');
  const url = `${await second.url()}/v1/databases/0/changes`;
  const again = await openEvents(url, { 'last-event-id': lastId });
  const toldAgain = (await again.until(2)).map(({ data }) => data?.key);
  // whether the first reader was told of it or not: it goes on from the position that it gives
  expect(toldAgain).toEqual(['unseen', 'after']);
});
