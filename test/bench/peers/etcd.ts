// Etcd with one member, through its JSON gateway.
// Next: `peers.ts`.
import { join } from 'node:path';
import { type HttpRequest, type Peer, partsOf } from './peer.ts';

const PUTS_PER_FILL = 100;
const ROOM_BYTES = 8 * 2 ** 30;
const REVISIONS_KEPT = 1_000;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const call = (path: string, body: unknown): HttpRequest => ({
  method: 'POST',
  path: `/v3/kv/${path}`,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const etcd: Peer = {
  name: 'etcd',
  title: 'etcd, JSON gateway',
  keeps: 'durably',
  readyPath: '/health',
  commands: ({ folder, port, innerPort }) => {
    const client = `http://127.0.0.1:${port}`;
    const own = `http://127.0.0.1:${innerPort}`;
    return [
      {
        run: [
          ...['etcd', '--data-dir', join(folder, 'etcd'), '--logger', 'zap'],
          ...['--listen-client-urls', client, '--advertise-client-urls', client],
          ...['--listen-peer-urls', own, '--initial-advertise-peer-urls', own],
          ...['--initial-cluster', `default=${own}`, '--log-level', 'error'],
          ...['--quota-backend-bytes', String(ROOM_BYTES)],
          ...['--auto-compaction-mode', 'revision'],
          ...['--auto-compaction-retention', String(REVISIONS_KEPT)],
        ],
      },
    ];
  },
  read: (key) => call('range', { key: base64(key) }),
  write: (key, value) => call('put', { key: base64(key), value: base64(value) }),
  fill: ({ keys, value }) =>
    partsOf(keys, PUTS_PER_FILL).map((part) =>
      call('txn', {
        success: part.map((key) => ({
          requestPut: { key: base64(key), value: base64(value) },
        })),
      }),
    ),
};
