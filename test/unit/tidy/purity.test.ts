// Pure places: what stains them, through how many files, and what does not.
import { describe, expect, it } from 'vitest';
import { pureStaysPure } from '../../tidy/rules/purity.ts';
import { findings, lines, places } from './findings.ts';

const inBuilder = (...text: string[]) =>
  findings(pureStaysPure, { 'operator/builders/a.ts': lines(...text) });

describe('is not pure', () => {
  it.each([
    ["import { readFileSync } from 'node:fs';", '"node:fs"'],
    ["import { readFile } from 'node:fs/promises';", '"node:fs/promises"'],
    ["import http from 'node:http';", '"node:http"'],
    ["import net from 'node:net';", '"node:net"'],
    ["import { request } from 'undici';", '"undici"'],
    ["import { KubeConfig } from '@kubernetes/client-node';", '"@kubernetes/client-node"'],
    ["import { setTimeout as sleep } from 'node:timers/promises';", '"node:timers/promises"'],
    ["const dns = await import('node:dns');", '"node:dns"'],
    ["export * from 'undici';", '"undici"'],
    ['const now = Date.now();', 'Date.now'],
    ['const build = (now = Date.now) => now;', 'Date.now'],
    ['const now = new Date();', 'new Date()'],
    ['const now = Date();', 'new Date()'],
    ['const now = performance.now();', 'performance'],
    ['const dice = Math.random();', 'Math.random'],
    ['setTimeout(f, 10);', 'setTimeout'],
    ['const home = process.env;', 'process'],
    ['const home = globalThis.process;', 'globalThis.process'],
    ["fetch('x');", 'fetch'],
  ])('%s', (line, what) => {
    expect(inBuilder('f();', line)).toContain(
      `operator/builders/a.ts:2: ${what} is not pure and this place is pure: ` +
        'hand the value in, or import only the type',
    );
  });
});

describe('is pure', () => {
  it.each([
    "import type { Stats } from 'node:fs';",
    "import type { KubeConfig } from '@kubernetes/client-node';",
    "import { createHash } from 'node:crypto';",
    'const time = new Date(1);',
    'const time = Date.parse(x);',
    'const top = Math.max(1, 2);',
    'queue.process(key);',
    'const state = { process: 1, fetch: 2 };',
    "const text = 'Date.now()'; // Date.now()",
    'interface Now { setTimeout(): void }',
  ])('%s', (line) => {
    expect(inBuilder(line)).toEqual([]);
  });
});

describe('every pure place is held', () => {
  it.each([
    'operator/api/problem.ts',
    'operator/builders/service.ts',
    'operator/checks/checks.ts',
    'operator/checks.ts',
    'operator/status/compute.ts',
    'operator/status/compute-ready.ts',
    'operator/queue/backoff.ts',
    'operator/data-set/plan.ts',
    'server/sealing/key-file.ts',
    'server/sealing/seal.ts',
  ])('%s', (path) => {
    expect(places(pureStaysPure, { [path]: 'Date.now();\n' })).toEqual([`${path}:1`]);
  });

  it.each(['operator/watch/cache.ts', 'operator/status/write.ts', 'server/sealing/sealer.ts'])(
    'but not %s',
    (path) => {
      expect(places(pureStaysPure, { [path]: 'Date.now();\n' })).toEqual([]);
    },
  );
});

describe('what a pure file loads', () => {
  const texts = (first: string) => ({
    'operator/builders/a.ts': first,
    'operator/kube/names.ts': "import { now } from './clock.ts';\n",
    'operator/kube/clock.ts': lines('f();', 'export const now = () => Date.now();'),
  });

  it('must be pure as well, however far away it is', () => {
    expect(findings(pureStaysPure, texts("import { f } from '../kube/names.ts';\n"))).toEqual([
      'operator/kube/clock.ts:2: Date.now is not pure and pure operator/builders/a.ts loads ' +
        'this: hand the value in, or import only the type',
    ]);
  });

  it('is told once, as pure by itself where it is', () => {
    const stained = {
      'operator/builders/a.ts': "import './b.ts';\n",
      'operator/builders/b.ts': 'Date.now();\n',
      'operator/checks/c.ts': "import '../builders/b.ts';\n",
    };
    expect(findings(pureStaysPure, stained)).toEqual([
      'operator/builders/b.ts:1: Date.now is not pure and this place is pure: ' +
        'hand the value in, or import only the type',
    ]);
  });

  it('may give its types, whatever else it does', () => {
    const text = "import type { f } from '../kube/names.ts';\n";
    expect(findings(pureStaysPure, texts(text))).toEqual([]);
  });

  it('is loaded even when only its types are named inside the braces', () => {
    const text = "import { type f } from '../kube/names.ts';\n";
    expect(findings(pureStaysPure, texts(text))).toHaveLength(1);
  });
});
