// The server as `npm run dev` runs it: Node watches its files, tells of that in messages of its own
// between threads, and starts it anew when one changes.
// What the command makes of the log is that of pino-pretty.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const PACKAGE = new URL('../../package.json', import.meta.url);

test('a change of a file starts it anew, on the same store', async () => {
  const watched = tempFolder();
  const under = ['sh', '-c', `exec "$0" --watch-path=${watched} "$@"`];
  const server = startServer(tempFolder(), {}, { under });
  const opened = () => server.lines().filter(({ msg }) => msg === 'the store is open').length;
  try {
    await waitFor('the first start', () => opened() === 1);
    expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
    writeFileSync(join(watched, 'changed.ts'), '');
    await waitFor('the second start', () => opened() === 2);
    expect(server.fatalLine()).toBeUndefined();
  } finally {
    // killed, the watcher would leave the server behind
    await server.end('SIGTERM');
  }
});

test('the command watches the server, and makes its log readable', () => {
  const { scripts } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts.dev).toMatch(/^node --watch-path=server .*server\/main\.ts \| pino-pretty\b/);
});
