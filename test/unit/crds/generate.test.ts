// What is generated from the schema is what is in the tree, and the generator knows when it is not.
// It runs as people and CI run it: as a program, on copies of the files.
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  customResourceDefinition,
  customResourceDefinitionYaml,
} from '../../../crds/definition.ts';
import { withFieldList } from '../../../crds/manual.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CRD = 'crds/dumbkv.dev_dumbkvs.yaml';
const MANUAL = 'docs/dumbkv.md';
const RUN_LIMIT_MS = 30_000;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dumbkv-generate-'));
  for (const folder of ['crds', 'docs']) mkdirSync(join(directory, folder));
  for (const name of [CRD, MANUAL]) cpSync(join(ROOT, name), join(directory, name));
});
afterEach(() => rmSync(directory, { recursive: true }));

const contentOf = (name: string, root = directory) => readFileSync(join(root, name), 'utf8');

function generate(...args: string[]) {
  const program = join(ROOT, 'crds/generate.ts');
  const options = { encoding: 'utf8', timeout: RUN_LIMIT_MS } as const;
  return spawnSync(process.execPath, [program, ...args, directory], options);
}

describe('the files in the tree', () => {
  it('are what the schema gives: the CRD', () => {
    expect(contentOf(CRD, ROOT)).toBe(customResourceDefinitionYaml());
    expect(parse(contentOf(CRD, ROOT))).toEqual(customResourceDefinition());
  });

  it('are what the schema gives: the manual', () => {
    const manual = contentOf(MANUAL, ROOT);
    expect(withFieldList(manual)).toBe(manual);
  });
});

describe('the generator', () => {
  it('writes nothing when all is up to date', () => {
    expect(generate()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(generate('--check')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it.each([CRD, MANUAL])('finds a stale %s, and leaves it to its owner under --check', (name) => {
    const stale = contentOf(name).replaceAll('half a core', 'a whole core');
    expect(stale).not.toBe(contentOf(name));
    rmSync(join(directory, name));
    appendFileSync(join(directory, name), stale);
    const { status, stderr } = generate('--check');
    expect(status).toBe(1);
    expect(stderr).toBe(`${name} is stale: run \`npm run generate:crds\` and commit the result\n`);
    expect(contentOf(name)).toBe(stale);
  });

  it.each([CRD, MANUAL])('brings a stale %s up to date', (name) => {
    const good = contentOf(name);
    rmSync(join(directory, name));
    appendFileSync(join(directory, name), good.replaceAll('half a core', 'a whole core'));
    expect(generate()).toMatchObject({ status: 0, stdout: `wrote ${name}\n` });
    expect(contentOf(name)).toBe(good);
  });

  it('makes a CRD that is missing', () => {
    rmSync(join(directory, CRD));
    expect(generate('--check').status).toBe(1);
    expect(generate().stdout).toBe(`wrote ${CRD}\n`);
    expect(contentOf(CRD)).toBe(customResourceDefinitionYaml());
  });

  it('does not make up a manual', () => {
    rmSync(join(directory, MANUAL));
    const { status, stderr } = generate();
    expect(status).toBe(1);
    expect(stderr).toContain('docs/dumbkv.md must have the lines');
  });
});
