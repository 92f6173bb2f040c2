// Loaded by a server's process before the server: keeps a list of all files that it loads, in the
// file that LOADED_FILE names.
// Used by tests of what is loaded when.
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const list = process.env.LOADED_FILE;

registerHooks({
  load: (url, context, nextLoad) => {
    if (list !== undefined && url.startsWith('file:')) appendFileSync(list, `${url}\n`);
    return nextLoad(url, context);
  },
});
