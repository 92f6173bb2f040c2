// What has one home: `process`, the console, and the packages that we may want to replace.
import { describe, expect, it } from 'vitest';
import { consoleStaysHome, packagesStayHome, processStaysHome } from '../../tidy/rules/homes.ts';
import { findings, lines, places } from './findings.ts';

describe('process', () => {
  it.each([
    ['a member', 'const port = process.env.PORT;'],
    ['the whole', 'start(process);'],
    ['by way of the global object', 'start(globalThis.process);'],
    ['an import', "import { exit } from 'node:process';"],
  ])('is found outside its home: %s', (_how, line) => {
    expect(findings(processStaysHome, { 'server/app.ts': lines('f();', line) })).toEqual([
      'server/app.ts:2: "process" belongs in main.ts, config.ts, generate.ts: ' +
        'hand in what is needed of it',
    ]);
  });

  it.each([
    'server/main.ts',
    'server/config.ts',
    'operator/main.ts',
    'crds/generate.ts',
    'cli/a.ts',
    'test/a.test.ts',
  ])('may be touched in %s', (path) => {
    expect(places(processStaysHome, { [path]: 'process.exit();\n' })).toEqual([]);
  });

  it('is not mistaken for a method or a property of that name', () => {
    const text = lines('queue.process(1);', 'class Q { process() {} }', 'f({ process: 1 });');
    expect(places(processStaysHome, { 'operator/a.ts': text })).toEqual([]);
  });
});

describe('the console', () => {
  it.each(['server/a.ts', 'operator/main.ts', 'test/unit/a.test.ts'])('is found in %s', (path) => {
    const text = lines('f();', 'f(); console.error(1);');
    expect(findings(consoleStaysHome, { [path]: text })).toEqual([
      `${path}:2: write to the log (pino), not to the console`,
    ]);
  });

  it.each(['cli/main.ts', 'test/kind/up.ts'])('may be written to in %s', (path) => {
    expect(places(consoleStaysHome, { [path]: 'console.log(1);\n' })).toEqual([]);
  });
});

describe('a package with a home', () => {
  it.each([
    ['undici', 'operator/watch/a.ts', 'operator/kube'],
    ['@kubernetes/client-node', 'operator/main.ts', 'operator/kube'],
    ['better-sqlite3', 'server/app.ts', 'server/store, server/import-dumbkv/original'],
    [
      'prom-client',
      'server/routes/metrics.ts',
      'operator/metrics, operator/metric-families, server/metrics',
    ],
    ['undici/types', 'server/a.ts', 'operator/kube'],
  ])('%s is found in %s', (name, path, home) => {
    expect(findings(packagesStayHome, { [path]: lines('f();', `import '${name}';`) })).toEqual([
      `${path}:2: "${name}" may be imported only in ${home}`,
    ]);
  });

  it('is found even when only its types are taken', () => {
    const text = "import type { Pool } from 'undici';\n";
    expect(places(packagesStayHome, { 'operator/a.ts': text })).toEqual(['operator/a.ts:1']);
  });

  it.each([
    ['undici', 'operator/kube/transport.ts'],
    ['better-sqlite3', 'server/store/sqlite.ts'],
    ['prom-client', 'operator/metrics.ts'],
    ['undici', 'test/controller/a.test.ts'],
    ['fastify', 'server/app.ts'],
  ])('%s may be imported in %s', (name, path) => {
    expect(places(packagesStayHome, { [path]: `import '${name}';\n` })).toEqual([]);
  });
});
