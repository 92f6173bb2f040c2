// Redis behind webdis, its HTTP front end, with every write synced before it is answered.
// Next: `peers.ts`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HttpRequest, type Peer, type Place, partsOf } from './peer.ts';

/** Webdis 0.1.9 takes a body only as long as its buffer. */
const KEYS_PER_FILL = 20;

const command = (...words: readonly string[]): HttpRequest => ({
  method: 'POST',
  path: '/',
  body: words.join('/'),
});

function settingsOf({ folder, port, innerPort }: Place): string {
  const path = join(folder, 'webdis.json');
  const settings = {
    redis_host: '127.0.0.1',
    redis_port: innerPort,
    http_host: '127.0.0.1',
    http_port: port,
    threads: 1,
    pool_size: 10,
    daemonize: false,
    database: 0,
    http_max_request_size: 1_048_576,
    verbosity: 0,
    logfile: join(folder, 'webdis.log'),
  };
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

export const webdis: Peer = {
  name: 'webdis',
  title: 'webdis, Redis appendfsync always',
  keeps: 'durably',
  readyPath: '/PING',
  commands: (place) => [
    {
      run: [
        ...['redis-server', '--port', String(place.innerPort), '--bind', '127.0.0.1'],
        ...['--dir', place.folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
      ],
    },
    { run: ['webdis', settingsOf(place)] },
  ],
  read: (key) => ({ method: 'GET', path: `/GET/${key}` }),
  write: (key, value) => command('SET', key, value),
  fill: ({ keys, value }) =>
    value.length > 100
      ? keys.map((key) => command('SET', key, value))
      : partsOf(keys, KEYS_PER_FILL).map((part) =>
          command('MSET', ...part.flatMap((key) => [key, value])),
        ),
};
