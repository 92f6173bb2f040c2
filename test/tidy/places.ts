// Which places of the tree are bound by which law: pure, fully covered, the home of a package.
// A place is a path without its ending: that file, that folder, and files that go on with a dash.

/** The folders of code that runs; tests are measured against these. */
export const CODE_PLACES = ['operator', 'server', 'crds', 'cli'];

/** Decisions and shapes only: no I/O, no clock, no chance, here or in anything that these load. */
export const PURE_PLACES = [
  'cli/failure',
  'cli/help',
  'cli/report/redaction',
  'cli/report/tar',
  'cli/status-text',
  'cli/text-table',
  'cli/token-file',
  'operator/api',
  'operator/builders',
  'operator/checks',
  'operator/data-set',
  'operator/queue/backoff',
  'operator/sleep',
  'operator/tokens',
  'operator/status/compute',
  'server/import-dumbkv/fernet',
  'server/import-dumbkv/key-list',
  'server/sealing/key-file',
  'server/sealing/rotation',
  'server/sealing/seal',
];

/** Every line of these is run by a test: the pure places, and the queue, which keeps promises. */
export const FULLY_COVERED_PLACES = [...PURE_PLACES, 'operator/queue'];

/** A package that only its home may name, so that it can be replaced in one place. */
export const PACKAGE_HOMES: Record<string, string[]> = {
  '@kubernetes/client-node': ['operator/kube'],
  'better-sqlite3': ['server/store', 'server/import-dumbkv/original'],
  '@opentelemetry/api': ['server/tracing'],
  '@opentelemetry/exporter-trace-otlp-proto': ['server/tracing'],
  '@opentelemetry/resources': ['server/tracing'],
  '@opentelemetry/sdk-trace-node': ['server/tracing'],
  jose: ['server/oidc'],
  pg: ['server/store/postgres'],
  'prom-client': ['operator/metrics', 'operator/metric-families', 'server/metrics'],
  undici: ['operator/kube'],
};

/** Where a program starts; what nothing of these reaches is dead. */
export const ENTRY_FILES = ['main.ts', 'generate.ts'];

/** The files of operator, server and crds that may touch `process`. */
export const PROCESS_FILES = ['main.ts', 'config.ts', 'generate.ts'];

/** Where a program may write to its terminal: tools for people, not services. */
export const CONSOLE_PLACES = ['cli', 'test/kind'];

/** Whether a path of the tree lies in one of these places. */
export function isIn(places: readonly string[], path: string): boolean {
  return places.some((place) => path === place || /^[/.-]/.test(after(place, path)));
}

const after = (place: string, path: string): string =>
  path.startsWith(place) ? path.slice(place.length) : '';

/** The last part of a path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
