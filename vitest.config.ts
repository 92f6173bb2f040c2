// The test tiers, from fast to slow; each is one vitest project with the same name as its npm
// script.
import { defineConfig } from 'vitest/config';

const MINUTE_MS = 60_000;

/**
 * A tier's project: which files it holds and how long one of its tests may take before it fails.
 */
const tier = (name: string, include: string[], testTimeoutMs: number, parallel = true) => ({
  test: {
    name,
    include,
    environment: 'node' as const,
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    fileParallelism: parallel,
  },
});

export default defineConfig({
  test: {
    projects: [
      tier('unit', ['test/*.test.ts', 'test/unit/**/*.test.ts'], MINUTE_MS),
      tier('server', ['test/server/**/*.test.ts', 'test/chaos/*.test.ts'], 2 * MINUTE_MS),
      tier('controller', ['test/controller/**/*.test.ts'], 5 * MINUTE_MS, false),
      tier('e2e', ['test/e2e/**/*.test.ts'], 15 * MINUTE_MS, false),
    ],
    coverage: {
      provider: 'v8',
      include: ['operator/**/*.ts', 'server/**/*.ts'],
      exclude: ['operator/main.ts', 'server/main.ts', 'server/run.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
