// The original's contract on FastAPI, uvicorn and sqlite3: what people would otherwise run.
// Next: `../servers/kv.py`.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { kvContract, type Peer, type Place } from './peer.ts';

const SERVERS = fileURLToPath(new URL('../servers', import.meta.url));
const UVICORN = ['kv:app', '--no-access-log', '--log-level', 'warning'];
const FAST = ['--loop', 'uvloop', '--http', 'httptools', '--workers', '1'];

const fileIn = ({ folder }: Place): string => join(folder, 'kv.db');

export const fastapi: Peer = {
  name: 'fastapi',
  title: 'FastAPI, uvicorn, sqlite3',
  keeps: 'durably',
  readyPath: '/health',
  commands: (place) => [
    {
      run: [
        join(place.programs, 'venv/bin/python'),
        ...['-B', '-m', 'uvicorn', ...UVICORN, ...FAST],
        ...['--app-dir', SERVERS, '--port', String(place.port)],
      ],
      env: { DATABASE_LOCATION: fileIn(place) },
    },
  ],
  ...kvContract(),
  fillFrom: (place, { keys, value }) => {
    const db = new Database(fileIn(place), { timeout: 10_000 });
    const put = db.prepare('REPLACE INTO kv VALUES (0, ?, ?)');
    db.transaction(() => {
      for (const key of keys) put.run(key, value);
    })();
    db.close();
  },
};
