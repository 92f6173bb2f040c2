// Traces of one machine: paths of its disk and the registries that it asks, in any kind of file.
import { describe, expect, it } from 'vitest';
import { noMachineTraces } from '../../tidy/rules/machine-traces.ts';
import { findings, lines } from './findings.ts';

// Put together here, so that this file does not break the rule that it tests.
const path = (...parts: string[]) => ['', ...parts].join('/');
const setting = (name: string, value: string) => [name, value].join('=');

describe('is found', () => {
  it.each([
    ['docs/a.md', `see ${path('root', 'a')}`, 'a path of one machine'],
    ['server/a.ts', `f('${path('work', 'main')}');`, 'a path of one machine'],
    ['Makefile', `cat ${path('tmp', 'bash_jobs')}`, 'a path of one machine'],
    ['Dockerfile.server', setting('RUN npm ci --registry', 'x'), 'the setting of a registry'],
    ['.npmrc', setting('registry', 'x'), 'the setting of a registry'],
    ['.npmrc', setting('@a:registry', 'x'), 'the setting of a registry'],
    ['package-lock.json', `"resolved": ${'"https:'}//x"`, 'the address of a package'],
    ['docs/a.md', ['registry', 'npmjs', 'org'].join('.'), 'the host of a registry'],
  ])('in %s: %s', (file, line, what) => {
    expect(findings(noMachineTraces, { [file]: lines('x', line) })).toEqual([
      `${file}:2: ${what}: take it out`,
    ]);
  });
});

describe('is not mistaken for one', () => {
  it.each([
    'https://example.org/root/index.html',
    'operator/work/queue.ts',
    '/data/dumbkvstore/dumbkv.db',
    'omit-lockfile-registry-resolved=true',
    './work/a',
    '~/work/a',
  ])('%s', (line) => {
    expect(findings(noMachineTraces, { 'docs/a.md': lines(line) })).toEqual([]);
  });
});
