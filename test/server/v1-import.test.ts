// Imports that take their time, over real connections: lines are stored as they come, and nobody is
// cut off who sends, or left without a reason.
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { type OpenV1, openV1, problemIn, urlOf } from './support/open-v1.ts';
import { openRawLine } from './support/raw-line.ts';
import { openImport } from './support/transfer.ts';
import { waitFor } from './support/wait-for.ts';

const lineOf = (key: string, value = 'v') => `${JSON.stringify({ key, value })}\n`;

const one = ({ call }: OpenV1, key: string) =>
  call('POST', '/0/import', {
    headers: { 'content-type': 'application/x-ndjson' },
    body: lineOf(key),
  });

test('lines are stored and told while others are still to come', async () => {
  const open = await openV1();
  const url = await urlOf(open);
  const running = openImport(`${url}/v1/databases/0/import`);
  running.request.write(lineOf('a'));
  await running.until('the first line to be stored', ({ lines }) => lines === 1);
  expect((await open.entry('GET', 'a')).body).toBe('v');
  running.request.end(lineOf('b'));
  expect(await running.until('the end', ({ end }) => end === true)).toMatchObject({ imported: 2 });
  expect(await running.over()).toBe('ended');
});

test('an import has the time that it needs, as long as lines come', async () => {
  const open = await openV1();
  const url = await urlOf(open);
  open.app.server.requestTimeout = 50;
  const running = openImport(`${url}/v1/databases/0/import`);
  const slow = await openRawLine(Number(new URL(url).port));
  slow.socket.write(
    'PUT /kv HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
      'content-length: 9\r\n\r\n',
  );
  running.request.write(lineOf('a'));
  // which shows that Node has looked for requests that take too long
  expect(await slow.statuses(1)).toEqual([408]);
  running.request.end(lineOf('b'));
  expect(await running.until('the end', ({ end }) => end === true)).toMatchObject({ imported: 2 });
});

test('who is refused while sending reads why', async () => {
  const open = await openV1();
  const url = await urlOf(open);
  const running = openImport(`${url}/v1/databases/0/import`);
  const more = lineOf('more', 'v'.repeat(1_000)).repeat(64);
  running.request.write(lineOf('a'));
  await running.until('the first line', ({ lines }) => lines === 1);
  running.request.write('nonsense\n');
  for (let i = 0; i < 100; i += 1) running.request.write(more);
  const { problem } = await running.until('why', (line) => line.problem !== undefined);
  expect(problem).toMatchObject({ code: 'DKV_BODY_NOT_JSON', line: 2, lines: 1 });
});

test('who reads only after sending all reads why, too', async () => {
  const open = await openV1();
  const line = await openRawLine(Number(new URL(await urlOf(open)).port));
  line.socket.pause();
  const body = `nonsense\n${lineOf('more', 'v'.repeat(1_000)).repeat(6_000)}`;
  line.socket.write(
    'POST /v1/databases/0/import HTTP/1.1\r\nhost: localhost\r\n' +
      `content-type: application/x-ndjson\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  line.socket.write(body);
  await line.flushed();
  line.socket.resume();
  expect(await line.statuses(1)).toEqual([400]);
  expect(line.reply()).toContain('DKV_BODY_NOT_JSON');
});

test('imports are so many at most', async () => {
  const open = await openV1();
  const url = await urlOf(open);
  const all = Array.from({ length: limits.importsMax }, () =>
    openImport(`${url}/v1/databases/0/import`),
  );
  for (const { request } of all) request.write(lineOf('a'));
  await waitFor('all to have begun', () => all.every((one) => one.lines().length > 0));
  expect(problemIn(await one(open, 'b'))).toEqual({
    status: 503,
    code: 'DKV_SERVER_BUSY',
  });
  for (const { request } of all) request.end();
  await Promise.all(all.map((one) => one.over()));
  expect((await one(open, 'b')).statusCode).toBe(200);
});
