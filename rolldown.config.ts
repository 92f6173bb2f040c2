// How the server is built for its image: its code and its packages as a few files. That takes less
// memory than a thousand modules, and a fraction of the time to start.
// Next: `Dockerfile.server`, which lays the packages that stay outside beside it.
import { defineConfig, type Plugin } from 'rolldown';

/** Packages with files of their own beside their code, or loaded only where it is asked for. */
const OUTSIDE = ['better-sqlite3', '@fastify/swagger-ui', 'pg'];

/** What Fastify would compile schemas with; `app.ts` gives it others, and the image has none. */
const UNUSED = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler'];

const TRACES = '@opentelemetry/';

/** Modules that stand for another one where they are imported. */
const STAND_INS: Readonly<Record<string, string>> = {
  // An import makes Node look at each export, and one of these loads the whole of its `fetch`.
  'node:http': "module.exports = require('node:http');",
  // prom-client has it for exemplars, which are never asked for.
  '@opentelemetry/api': `module.exports = {
    get trace() { return require('@opentelemetry/api').trace; },
    get context() { return require('@opentelemetry/api').context; },
  };`,
};

const STAND_IN_PREFIX = '\0stand-in:';

/** Loads as little as possible at the start. */
const standIns: Plugin = {
  name: 'stand-ins',
  resolveId: (id, importer) => {
    if (importer?.startsWith(STAND_IN_PREFIX) || !Object.hasOwn(STAND_INS, id)) return null;
    if (id.startsWith(TRACES) && !isFromMetrics(importer)) return null;
    return STAND_IN_PREFIX + id;
  },
  load: (id) => {
    const code = STAND_INS[id.slice(STAND_IN_PREFIX.length)];
    return id.startsWith(STAND_IN_PREFIX) && code ? { code, moduleType: 'js' } : null;
  },
};

const isFromMetrics = (importer: string | undefined) => /\/prom-client\//.test(importer ?? '');

export default defineConfig({
  input: {
    main: 'server/main.ts',
    'writer-thread': 'server/store/writer-thread.ts',
    'import-dumbkv': 'server/import-dumbkv/main.ts',
  },
  platform: 'node',
  external: (id, importer) =>
    OUTSIDE.includes(id) ||
    UNUSED.includes(id) ||
    (id.startsWith(TRACES) && !isFromMetrics(importer)),
  plugins: [standIns],
  // TypeBox does not say so of itself: none of its modules does anything by being loaded.
  treeshake: { moduleSideEffects: (id) => !/\/node_modules\/typebox\//.test(id) },
  // Names stay, so that what the log tells of a failure can be read.
  output: { dir: 'dist/server', format: 'esm', cleanDir: true, minify: true, keepNames: true },
});
