// Loaded before the server, in each of its threads: hands it `seal.ts` of this folder in place of
// its own. What the benchmark calls "sealing left out" is the same server in all else.
// Next: `seal.ts`.
import { registerHooks } from 'node:module';

const BUILT = /\/dist\/server\/sealing\/seal\.js$/;
const url = new URL('./seal.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    return BUILT.test(found.url) ? { ...found, url, format: 'module-typescript' } : found;
  },
});
