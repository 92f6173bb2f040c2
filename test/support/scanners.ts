// What checkov and kube-score have to say of Kubernetes objects, in one form. A scan is a set of
// objects that stand together, such as what a folder of config/ renders.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { ApiObject } from './control-plane-client.ts';
import { runTool } from './tools.ts';

const CHECKOV = fileURLToPath(new URL('../checkov/run', import.meta.url));
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
const NOT_INSTALLED = 3;
/** Grades of kube-score: 1 is critical, 5 a warning, from 7 on all is well. */
const GOOD_GRADE = 7;

/** Sets of objects by their names, which can name a file. */
export type Scans = ReadonlyMap<string, readonly ApiObject[]>;

/** What a program finds fault with. */
export interface Finding {
  /** The name of the check, such as `CKV_K8S_43`. */
  check: string;
  /** Such as `Deployment dumbkv-operator`. */
  object: string;
  scan: string;
  /** What is wrong, in the program's own words. */
  words: string;
}

/** A file for each scan, in a folder of its own. */
export function writeScans(scans: Scans, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, objects] of scans) {
    const texts = objects.map((object) => stringify(object, { aliasDuplicateObjects: false }));
    writeFileSync(pathOf(folder, name), texts.join('---\n'));
  }
  return folder;
}

const pathOf = (folder: string, scan: string): string => join(folder, `${scan}.yaml`);

interface ScoredObject {
  type_meta: { kind: string };
  object_meta: { name: string };
  checks: {
    check: { id: string };
    grade: number;
    skipped: boolean;
    comments: { path: string; summary: string }[] | null;
  }[];
}

/** What kube-score finds in the files of a folder, each by itself. */
export function kubeScoreFindings(scans: Scans, folder: string): Finding[] {
  return [...scans.keys()].flatMap((scan) => {
    const args = ['score', '--output-format', 'json', pathOf(folder, scan)];
    const { stdout, stderr } = runTool('kube-score', args);
    return scoredIn(stdout, stderr).flatMap(({ type_meta, object_meta, checks }) =>
      checks
        .filter(({ grade, skipped }) => !skipped && grade < GOOD_GRADE)
        .map(({ check, comments }) => ({
          ...{ check: check.id, object: `${type_meta.kind} ${object_meta.name}`, scan },
          words: (comments ?? [])
            .map(({ path, summary }) => `${path} ${summary}`.trim())
            .join('; '),
        })),
    );
  });
}

/** It says null where it knows none of the kinds. */
function scoredIn(stdout: string, stderr: string): ScoredObject[] {
  try {
    return JSON.parse(stdout) ?? [];
  } catch (cause) {
    throw new Error(`kube-score says no JSON: ${stderr || stdout}`, { cause });
  }
}

interface FailedCheck {
  check_id: string;
  check_name: string;
  /** Such as `Deployment.shop.orders`; a name may have dots. */
  resource: string;
  file_path: string;
}

interface CheckovReport {
  results?: { failed_checks: FailedCheck[] };
  summary: { passed: number; parsing_errors: number };
}

/** What checkov came to; undefined instead where it cannot be installed, which `said` explains. */
export interface CheckovResult {
  findings: Finding[] | undefined;
  passed: number;
  said: string;
}

/** What checkov finds in the files of a folder. */
export function checkovFindings(folder: string): CheckovResult {
  const { PATH, HOME, XDG_CACHE_HOME, DUMBKV_CACHE, PIP_CERT } = process.env;
  const env = { PATH, HOME, XDG_CACHE_HOME, DUMBKV_CACHE, PIP_CERT };
  const run = spawnSync(CHECKOV, [folder], {
    ...{ env, encoding: 'utf8' as const, maxBuffer: OUTPUT_BYTES_MAX },
  });
  const said = `${run.stderr}${run.error ?? ''}`;
  if (run.status === NOT_INSTALLED) return { findings: undefined, passed: 0, said };
  if (run.status !== 0) throw new Error(`checkov ended with ${run.status}: ${said}`);
  const { results, summary } = JSON.parse(run.stdout) as CheckovReport;
  if (results === undefined) throw new Error(`checkov found nothing to look at: ${run.stdout}`);
  if (summary.parsing_errors > 0) throw new Error(`checkov could not read all: ${run.stdout}`);
  return { findings: results.failed_checks.map(findingOf), passed: summary.passed, said };
}

function findingOf({ check_id, check_name, resource, file_path }: FailedCheck): Finding {
  const [kind = '', _namespace, ...name] = resource.split('.');
  const scan = file_path.replace(/^.*\//, '').replace(/\.yaml$/, '');
  return { check: check_id, object: `${kind} ${name.join('.')}`, scan, words: check_name };
}
