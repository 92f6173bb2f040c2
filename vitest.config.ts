// The test tiers, from fast to slow; each is one vitest project with the same name as its npm
// script.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { NODE_FLAGS } from './test/support/node-flags.ts';

const MINUTE_MS = 60_000;

/** Most of a test's time it waits: for a process, a disk, or a limit of time to pass. */
const WORKERS = Math.max(3, availableParallelism() - 1);

/** Those that take longest begin first, so that no worker is left with one of them at the end. */
const LONGEST = ['short-forms', 'full-disk', 'synced', 'tracing', 'schemathesis', 'import-dumbkv'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) =>
      LONGEST.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

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
    execArgv: [...NODE_FLAGS],
  },
});

export default defineConfig({
  test: {
    maxWorkers: WORKERS,
    sequence: { sequencer: LongestFirst },
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
