// What the workflows of GitHub must hold to: the same make targets as by hand, actions that cannot
// change under us, and no right that a job does not need. actionlint reads them elsewhere, in
// test/controller/config/workflows.test.ts.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../../..');

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Job {
  'timeout-minutes'?: number;
  'runs-on': string;
  permissions?: Record<string, string>;
  services?: Record<string, unknown>;
  steps: Step[];
}

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PATHS = globSync('.github/workflows/*.yml', { cwd: ROOT }).sort();
const WORKFLOWS = PATHS.map((path) => [path, parse(textOf(path)) as Workflow] as const);
const JOBS = WORKFLOWS.flatMap(([path, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => [`${path} ${name}`, job] as const),
);
const STEPS = JOBS.flatMap(([, { steps }]) => steps);
const TARGETS = [...textOf('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name);

const jobOf = (file: string, name: string): Job => {
  const [, job] = JOBS.find(([known]) => known === `.github/workflows/${file} ${name}`) ?? [];
  if (job === undefined) throw new Error(`no job ${name} in ${file}`);
  return job;
};

const runsOf = ({ steps }: Job): string[] => steps.flatMap(({ run }) => run ?? []);

describe('every workflow', () => {
  it('is one of these', () => {
    const names = PATHS.map((path) => path.replace('.github/workflows/', ''));
    expect(names).toEqual(['pull-request.yml', 'release.yml', 'scan.yml']);
  });

  it.each(WORKFLOWS)('%s may only read unless a job says otherwise', (_path, workflow) => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  it.each(JOBS)('%s runs on a named system and ends in time', (_name, job) => {
    expect(job['runs-on']).toMatch(/^ubuntu-\d/);
    expect(job['timeout-minutes']).toBeLessThanOrEqual(90);
  });

  it.each(PATHS)('%s pins its actions by commit, and says which release that is', (path) => {
    const lines = textOf(path)
      .split('\n')
      .filter((line) => /^\s*(- )?uses:/.test(line));
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('pins an action by one commit everywhere', () => {
    const pins = new Set(STEPS.flatMap(({ uses }) => uses ?? []));
    const names = [...pins].map((pin) => pin.replace(/@.*/, ''));
    expect(new Set(names).size).toBe(names.length);
  });

  it('leaves no credentials in what it has checked out', () => {
    const checkouts = STEPS.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts).toHaveLength(JOBS.length);
    for (const checkout of checkouts) expect(checkout.with?.['persist-credentials']).toBe(false);
  });

  it('runs nothing but make targets, into which no text of others is written', () => {
    const runs = STEPS.flatMap(({ run }) => run ?? []);
    expect(runs.length).toBeGreaterThan(4);
    for (const run of runs) {
      const target = /^make (?:--silent )?([a-z-]+)( >> "\$GITHUB_OUTPUT")?$/.exec(run)?.[1];
      expect(TARGETS).toContain(target);
      expect(run).not.toContain('${{');
    }
  });
});

describe('a pull request', () => {
  it('has every test run', () => {
    const file = 'pull-request.yml';
    expect(runsOf(jobOf(file, 'fast'))).toEqual(['make fast']);
    expect(runsOf(jobOf(file, 'postgres'))).toEqual(['make server']);
    expect(runsOf(jobOf(file, 'end-to-end'))).toEqual(['make end-to-end']);
    const kind = jobOf(file, 'end-to-end').steps.find(({ run }) => run === 'make end-to-end');
    expect(kind?.env).toEqual({ DUMBKV_CLUSTER: 'docker' });
  });

  it('keeps its coverage', () => {
    const { steps } = jobOf('pull-request.yml', 'fast');
    const upload = steps.find(({ uses }) => uses?.includes('upload-artifact'));
    expect(upload?.with?.path).toBe('coverage/coverage-summary.json');
  });

  it('has a Postgres that the tests of the server are told of', () => {
    const { services, steps } = jobOf('pull-request.yml', 'postgres');
    expect(Object.keys(services ?? {})).toEqual(['postgres']);
    const env = steps.find(({ run }) => run === 'make server')?.env;
    expect(env?.TEST_DATABASE_LOCATION).toMatch(/^postgres:\/\/.*@127\.0\.0\.1:5432\//);
  });

  it('is scanned: packages, and code', () => {
    expect(runsOf(jobOf('scan.yml', 'packages'))).toEqual(['make audit']);
    const used = ['new-packages', 'code'].flatMap((name) => jobOf('scan.yml', name).steps);
    const actions = used.map(({ uses }) => uses?.replace(/@.*/, ''));
    expect(actions).toContain('actions/dependency-review-action');
    expect(actions).toContain('github/codeql-action/analyze');
  });
});

describe('a release', () => {
  it('attests where both images come from', () => {
    const { steps, permissions } = jobOf('release.yml', 'images');
    const attested = steps.filter(({ uses }) => uses?.includes('attest-build-provenance'));
    const digests = attested.map((step) => step.with?.['subject-digest']);
    expect(digests).toEqual([
      expect.stringContaining('steps.images.outputs.server-digest'),
      expect.stringContaining('steps.images.outputs.operator-digest'),
    ]);
    expect(permissions).toMatchObject({ 'id-token': 'write', attestations: 'write' });
  });

  it('may write packages and attestations, a scan its findings, and nothing else', () => {
    const writing = JOBS.filter(([, { permissions = {} }]) =>
      Object.values(permissions).includes('write'),
    );
    expect(writing.map(([name, { permissions }]) => [name, permissions])).toEqual([
      [
        '.github/workflows/release.yml images',
        {
          ...{ contents: 'read', packages: 'write' },
          ...{ 'id-token': 'write', attestations: 'write' },
        },
      ],
      ['.github/workflows/release.yml chart', { contents: 'read', packages: 'write' }],
      ['.github/workflows/scan.yml code', { contents: 'read', 'security-events': 'write' }],
    ]);
  });
});
