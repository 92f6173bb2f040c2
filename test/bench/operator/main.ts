// The benchmark of the operator from start to end: settings, the runs, the pages.
// Next: `scale.ts` for many instances at once, `kind.ts` for one after the other on kind.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { readMachine } from '../machine.ts';
import { RAISED } from './cluster-parts.ts';
import { measureKind } from './kind.ts';
import { type Curve, curvesOf } from './report/curves.ts';
import { kindPage, scalePage } from './report/markdown.ts';
import type { Circumstances, ScaleResult } from './results.ts';
import { measureScale } from './scale.ts';
import { HELP, type Settings, settingsOf } from './settings.ts';

const say = (text: string): boolean => process.stderr.write(`bench: ${text}\n`);
const results = join(import.meta.dirname, '../results');

async function run(args: string[], kwokFolder: string): Promise<void> {
  const settings = settingsOf(args);
  if (settings.isHelp) return void process.stdout.write(HELP);
  const circumstances = {
    startedAt: new Date().toISOString(),
    revision: revision(),
    machine: readMachine(),
    loadAverage: loadavg()[0] ?? 0,
  };
  if (settings.onKind) await runOnKind(settings, circumstances);
  else await runScale(settings, { circumstances, kwokFolder });
}

async function runOnKind(settings: Settings, circumstances: Circumstances): Promise<void> {
  const report = { ...circumstances, ...(await measureKind(settings, say)) };
  const ascending = (times: readonly number[]) =>
    times.map((ms) => ms / 1_000).toSorted((a, b) => a - b);
  const curves = [
    { name: 'DumbKV, Ready', seconds: ascending(report.readyMs) },
    { name: 'by kubectl, Available', seconds: ascending(report.availableMs) },
  ];
  const name = 'operator-kind';
  publish(name, report, {
    page: kindPage(report, `${name}.svg`),
    plot: curvesOf('Single creates on kind, from kubectl apply on', curves),
  });
}

async function runScale(
  settings: Settings,
  { circumstances, kwokFolder }: { circumstances: Circumstances; kwokFolder: string },
): Promise<void> {
  const name = 'operator';
  const done: ScaleResult[] = [];
  for (const instances of settings.sizes) {
    done.push(await measureScale(instances, settings, { kwokFolder, say }));
    // what was measured stays if a later run fails
    const report = { ...circumstances, raised: RAISED, results: done };
    publish(name, report, {
      page: scalePage(report, `${name}.svg`),
      plot: curvesOf('Instances, from the first create on', done.flatMap(curvesOfScale)),
    });
  }
}

const curvesOfScale = ({ instances, ...times }: ScaleResult): Curve[] => [
  { name: `${instances}: Deployment made`, seconds: times.deploymentSeconds },
  { name: `${instances}: Ready`, seconds: times.readySeconds },
];

function publish(name: string, report: object, { page, plot }: { page: string; plot: string }) {
  mkdirSync(results, { recursive: true });
  const write = (ending: string, text: string) =>
    writeFileSync(join(results, `${name}.${ending}`), text);
  write('json', `${JSON.stringify(report, undefined, 2)}\n`);
  write('svg', plot);
  write('md', page);
  say(`the results are in test/bench/results/${name}.md, .svg and .json`);
}

const revision = (): string =>
  execFileSync('git', ['describe', '--always', '--dirty'], {
    ...{ cwd: import.meta.dirname, encoding: 'utf8' },
  }).trim();

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
const [kwokFolder = '', ...args] = process.argv.slice(2);
await run(args, kwokFolder);
