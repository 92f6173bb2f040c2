// The requests of a run: how they are rendered, kept and chosen, and that each peer is asked for
// what the others are asked for.
import { expect, test } from 'vitest';
import { limits } from '../../../server/limits.ts';
import { keyOf, valueWith } from '../../bench/fill.ts';
import { readRequests, requestsFileOf, wireTextOf } from '../../bench/load/requests.ts';
import { type HttpRequest, partsOf } from '../../bench/peers/peer.ts';
import { peersWith } from '../../bench/peers/peers.ts';
import { requestsOf, shuffledTo } from '../../bench/requests-of.ts';
import { SHORT, workloadsOf } from '../../bench/workloads.ts';

const ORIGIN = 'http://127.0.0.1:8000';
const PUT: HttpRequest = {
  method: 'PUT',
  path: '/kv',
  headers: { 'content-type': 'application/json' },
  body: '{"key":"ä"}',
};

const peers = peersWith(true);
const peerNamed = (name: string) => {
  const found = peers.find((peer) => peer.name === name);
  if (found === undefined) throw new Error(`no peer ${name}`);
  return found;
};
const workload = (id: string) => {
  const found = workloadsOf(SHORT).find((one) => one.id === id);
  if (found === undefined) throw new Error(`no workload ${id}`);
  return found;
};

test('a request goes over the wire with its length in bytes', () => {
  expect(wireTextOf(ORIGIN, PUT)).toBe(
    'PUT /kv HTTP/1.1\r\nhost: 127.0.0.1:8000\r\ncontent-type: application/json\r\n' +
      'content-length: 12\r\n\r\n{"key":"ä"}',
  );
  const get = { method: 'GET', path: '/GET/a' } as const;
  expect(wireTextOf(ORIGIN, get)).toBe('GET /GET/a HTTP/1.1\r\nhost: 127.0.0.1:8000\r\n\r\n');
});

test('a file of requests gives them back, whatever their bytes are', () => {
  const many = [PUT, { ...PUT, body: '\n12\n' }, { method: 'GET', path: '/' } as const];
  const read = readRequests(requestsFileOf(ORIGIN, many)).map(String);
  expect(read).toEqual(many.map((one) => wireTextOf(ORIGIN, one)));
});

test('a shuffle holds each number once and is the same every time', () => {
  const numbers = shuffledTo(1000);
  expect(new Set(numbers).size).toBe(1000);
  expect(Math.max(...numbers)).toBe(999);
  expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b));
  expect(shuffledTo(1000)).toEqual(numbers);
  expect(shuffledTo(0)).toEqual([]);
});

test('values have their length, keys sort by number', () => {
  expect([1, 36, 100, 10_240].map((bytes) => valueWith(bytes).length)).toEqual([
    1, 36, 100, 10_240,
  ]);
  expect(keyOf(7, 100)).toBe('key-100-000000007');
});

test('a mix has one write in ten, the rest only reads or only writes', () => {
  const peer = peerNamed('dumbkv');
  const methods = (id: string) => requestsOf(peer, workload(id)).map(({ method }) => method);
  expect(methods('mix-64').filter((method) => method === 'PUT')).toHaveLength(100);
  expect(methods('mix-64')).toHaveLength(1000);
  expect(new Set(methods('read-64'))).toEqual(new Set(['POST']));
  expect(new Set(methods('write-64'))).toEqual(new Set(['PUT']));
  expect(methods('write-64')).toHaveLength(20_000);
});

test('each peer is asked for the same keys', () => {
  for (const id of ['read-64', 'write-large']) {
    const [ours] = requestsOf(peerNamed('dumbkv'), workload(id));
    const key: string = JSON.parse(ours?.body ?? '').key;
    const [redis] = requestsOf(peerNamed('webdis'), workload(id));
    expect(`${redis?.path} ${redis?.body}`).toContain(key);
    const [etcd] = requestsOf(peerNamed('etcd'), workload(id));
    expect(etcd?.body).toContain(Buffer.from(key).toString('base64'));
  }
});

test('all keys of a filling are in its requests', () => {
  const keys = ['a-1', 'a-2', 'a-3'];
  const filled = (name: string) => peerNamed(name).fill({ keys, value: 'v' });
  expect(filled('fastify-pg').map(({ body }) => body)).toEqual(
    keys.map((key) => `{"key":"${key}","value":"v"}`),
  );
  expect(filled('webdis').map(({ body }) => body)).toEqual(['MSET/a-1/v/a-2/v/a-3/v']);
  expect(JSON.parse(filled('etcd')[0]?.body ?? '').success).toHaveLength(3);
  expect(filled('fastify-echo')).toHaveLength(1);
  expect(partsOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
});

test('a scrape asks for the metrics, whatever keys there are, and only those who have some', () => {
  const [scrape, ...others] = requestsOf(peerNamed('dumbkv'), workload('scrape'));
  expect(scrape).toEqual({ method: 'GET', path: '/metrics' });
  expect(others).toEqual([]);
  expect(() => requestsOf(peerNamed('etcd'), workload('scrape'))).toThrow('etcd has no metrics');
});

test('our server is filled in batches that it takes, of short values and of long ones', () => {
  const keys = Array.from({ length: 300 }, (_, at) => keyOf(at, 100));
  const sizes = (valueBytes: number) =>
    peerNamed('dumbkv')
      .fill({ keys, value: valueWith(valueBytes) })
      .map(({ body = '' }) => JSON.parse(body).operations.length);
  expect(sizes(100)).toEqual([128, 128, 44]);
  expect(Math.max(...sizes(10_240)) * 10_240).toBeLessThanOrEqual(limits.batchBytesMax);
  expect(Math.max(...sizes(100))).toBeLessThanOrEqual(limits.batchChangesMax);
});
