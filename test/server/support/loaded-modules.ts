// Loaded by a server's process before the server: keeps a list of all files that it loads, in the
// file that LOADED_FILE names; at its end of the parts of Node too.
// Used by `recorded-server.ts`.
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const list = process.env.LOADED_FILE;

registerHooks({
  load: (url, context, nextLoad) => {
    if (list !== undefined && url.startsWith('file:')) appendFileSync(list, `${url}\n`);
    return nextLoad(url, context);
  },
});

process.on('exit', () => {
  const { moduleLoadList } = process as typeof process & { moduleLoadList: readonly string[] };
  if (list !== undefined) appendFileSync(list, `${moduleLoadList.join('\n')}\n`);
});
