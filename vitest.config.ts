// The test tiers, from fast to slow; each is a vitest project with the name of its npm script, the
// end-to-end tests are two, and one more that looks at what they have left.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { NODE_FLAGS } from './test/support/node-flags.ts';

const MINUTE_MS = 60_000;

/** Most of a test's time it waits: for a process, a disk, or a limit of time to pass. */
const WORKERS = Math.max(3, availableParallelism() - 1);

/** Those that take longest begin first, so that no worker is left with one of them at the end. */
const LONGEST = [
  ...['short-forms', 'full-disk', 'synced', 'tracing', 'schemathesis'],
  ...['crash', 'misbehaviour', 'lease', 'problems', 'token', 'deletion-policy', 'guide'],
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) =>
      LONGEST.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

interface Tier {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  /** How long one of its tests may take before it fails. */
  readonly testMinutes: number;
  readonly workers: number;
  /** Tiers of one order run together, those of the next one after them. */
  readonly order: number;
}

const tier = ({ name, include, exclude = [], testMinutes, workers, order }: Tier) => ({
  test: {
    name,
    include: [...include],
    exclude: [...exclude],
    environment: 'node' as const,
    testTimeout: testMinutes * MINUTE_MS,
    hookTimeout: testMinutes * MINUTE_MS,
    maxWorkers: workers,
    sequence: { groupOrder: order },
    execArgv: [...NODE_FLAGS],
  },
});

/**
 * End-to-end tests that stop or replace the one operator, count all that it asks, or measure a
 * failover, for which a busy machine is as good as a lost node.
 */
const ALONE = [
  ...['api-server-away', 'bad-input', 'namespace-deletion', 'operator-restart'],
  ...['quiet', 'restart-free', 'storage-pressure', 'cloud-native-pg'],
].map((name) => `test/e2e/${name}.test.ts`);
/** Those that look at what all others have left behind; by hand, after the others. */
const LAST = ['least-privilege', 'secrecy'].map((name) => `test/e2e/${name}.test.ts`);
/** Those that need software of others, which takes long to compile; by hand, one by one. */
const WITH_ADDONS = ['autoscaling', 'exposure'].map((name) => `test/e2e/${name}.test.ts`);
/** The one that stops its control plane: its port must still be free when it comes back. */
const OWN_PORT = ['test/controller/crd/control-plane.test.ts'];
const CONTROLLER = { testMinutes: 5, include: ['test/controller/**/*.test.ts'] };
const E2E = { testMinutes: 15, include: ['test/e2e/**/*.test.ts'] };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      tier({
        ...{ name: 'unit', testMinutes: 1, workers: WORKERS, order: 0 },
        include: ['test/*.test.ts', 'test/unit/**/*.test.ts'],
      }),
      tier({
        ...{ name: 'server', testMinutes: 2, workers: WORKERS, order: 0 },
        include: ['test/server/**/*.test.ts', 'test/chaos/*.test.ts'],
      }),
      // each file has a control plane of its own, which takes a core for its first seconds
      tier({ ...CONTROLLER, name: 'controller', exclude: OWN_PORT, workers: 2, order: 1 }),
      tier({ ...CONTROLLER, name: 'controller-alone', include: OWN_PORT, workers: 1, order: 2 }),
      // each file has a namespace of its own in the one cluster
      tier({
        ...E2E,
        name: 'e2e',
        exclude: [...ALONE, ...LAST, ...WITH_ADDONS],
        workers: 3,
        order: 3,
      }),
      tier({ ...E2E, name: 'e2e-alone', include: ALONE, workers: 1, order: 4 }),
      tier({ ...E2E, name: 'addons', include: WITH_ADDONS, workers: 1, order: 5 }),
      tier({ ...E2E, name: 'after-e2e', include: LAST, workers: 1, order: 6 }),
    ],
    coverage: {
      provider: 'v8',
      include: ['cli/**/*.ts', 'operator/**/*.ts', 'server/**/*.ts'],
      exclude: ['cli/main.ts', 'operator/main.ts', 'server/main.ts', 'server/run.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
