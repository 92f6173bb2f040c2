// Traces as strace writes them are read right, and an acknowledgement without its sync is found.
import { expect, test } from 'vitest';
import { acknowledgementsIn, syncsOfLog, unsynced } from './acknowledgements.ts';
import { callsIn, succeeded, targetOf } from './trace.ts';

const CONNECTION = 'TCP:[127.0.0.1:80->127.0.0.1:5]';
const OTHER = 'TCP:[127.0.0.1:80->127.0.0.1:6]';

const request = (connection = CONNECTION) =>
  `7  1.0 read(22<${connection}>, "PUT /kv HTTP/1.1\\r\\nhost"..., 65536) = 200`;
const reply = (connection = CONNECTION, status = '200 OK') =>
  `7  1.0 write(22<${connection}>, "HTTP/1.1 ${status}\\r\\n"..., 250) = 250`;
const change = '8  1.0 pwrite64(19</x/dumbkv.db-wal>, "\\0"..., 4096, 0) = 4096';
const sync = '8  1.0 fdatasync(19</x/dumbkv.db-wal>) = 0';
const syncBegun = '8  1.0 fsync(19</x/dumbkv.db-wal> <unfinished ...>';
const syncOver = '8  1.0 <... fsync resumed>) = 0';

/** How many were acknowledged, and how many of those without a sync. */
function judged(...lines: string[]): [number, number] {
  const calls = callsIn(lines);
  const found = acknowledgementsIn(calls);
  return [found.length, unsynced(found, syncsOfLog(calls)).length];
}

test('a call is read with its thread, arguments, result and lines', () => {
  const [whole, failed] = callsIn([
    '7  1.5 pwrite64(19</x/a = 1.db>, "(\\") = 0", 4096, 8) = 4096',
    '7 fsync(19</x/a.db>) = -1 EIO (Input/output error) (INJECTED)',
  ]);
  expect(whole).toMatchObject({ thread: '7', name: 'pwrite64', result: '4096', from: 0, to: 0 });
  expect(whole && targetOf(whole)).toBe('/x/a = 1.db');
  expect(whole?.args).toContain('"(\\") = 0", 4096, 8');
  expect([whole, failed].map((call) => call && succeeded(call))).toEqual([true, false]);
});

test('a call that another thread came between is put together', () => {
  const calls = callsIn([
    `7  1.0 read(22<${CONNECTION}>,  <unfinished ...>`,
    syncBegun,
    '7  1.0 <... read resumed>"PUT /kv", 65536) = 200',
    syncOver,
  ]);
  expect(calls).toMatchObject([
    { name: 'read', args: `22<${CONNECTION}>,"PUT /kv", 65536`, from: 0, to: 2 },
    { name: 'fsync', result: '0', from: 1, to: 3 },
  ]);
});

test('a call that was never over has no result', () => {
  const [call] = callsIn([syncBegun, '8  1.0 +++ killed by SIGKILL +++']);
  expect(call).toMatchObject({ name: 'fsync', result: '?', to: Number.POSITIVE_INFINITY });
  expect(call && succeeded(call)).toBe(false);
});

test('an acknowledgement after a sync of its own time is sound', () => {
  expect(judged(request(), change, sync, reply())).toEqual([1, 0]);
  expect(judged(request(), change, syncBegun, syncOver, reply())).toEqual([1, 0]);
  expect(judged(request(), request(OTHER), change, sync, reply(), reply(OTHER))).toEqual([2, 0]);
});

test.each([
  ['no sync', [request(), change, reply(), sync]],
  ['a sync from before', [change, sync, request(), reply()]],
  ['a sync of what was written before', [change, request(), sync, reply()]],
  ['a sync that is not over', [request(), change, syncBegun, reply(), syncOver]],
  ['a sync that failed', [request(), change, sync.replace('= 0', '= -1 EIO (x)'), reply()]],
  ['a sync of another file', [request(), change, sync.replace('-wal', ''), reply()]],
  ['a sync before it was written', [request(), sync, change, reply()]],
])('an acknowledgement with %s is found', (_, lines) => {
  expect(judged(...lines)).toEqual([1, 1]);
});

test('of two writes on one connection, the second needs a sync of its own', () => {
  const first = [request(), change, sync, reply()];
  expect(judged(...first, request(), reply())).toEqual([2, 1]);
  expect(judged(...first, ...first)).toEqual([2, 0]);
});

test('reads and refusals are no acknowledgements', () => {
  const read = request().replace('PUT', 'POST');
  expect(judged(read, reply())).toEqual([0, 0]);
  expect(judged(request(), reply(CONNECTION, '500 Internal Server Error'))).toEqual([0, 0]);
  expect(judged(request(), reply(CONNECTION, '507 Insufficient Storage'), read, reply())).toEqual([
    0, 0,
  ]);
});
