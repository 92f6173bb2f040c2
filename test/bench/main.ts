// The benchmark from start to end: settings, the peers through their workloads, the report.
// Next: `workloads.ts` for what is measured, `measure.ts` for how.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench } from './bench.ts';
import { readMachine } from './machine.ts';
import { peersWith } from './peers/peers.ts';
import { hasPostgres } from './peers/postgres.ts';
import { markdownOf } from './report/markdown.ts';
import { plotOf } from './report/plot.ts';
import type { Report } from './report/report.ts';
import { killPeers } from './running.ts';
import { HELP, settingsOf } from './settings.ts';
import { secondsOf, workloadsOf } from './workloads.ts';

const say = (text: string): boolean => process.stderr.write(`bench: ${text}\n`);
const here = import.meta.dirname;

async function run(args: string[], programs: string): Promise<void> {
  const settings = settingsOf(args);
  if (settings.isHelp) return void process.stdout.write(HELP);
  const { form } = settings;
  const isChosen = (chosen: readonly string[] | undefined, name: string) =>
    chosen?.includes(name) ?? true;
  if (!hasPostgres()) say('LEFT OUT: what needs Postgres, which test/programs installs');
  const workloads = workloadsOf(form).filter(({ id }) => isChosen(settings.workloads, id));
  const peers = peersWith(hasPostgres())
    .filter(({ name }) => isChosen(settings.peers, name))
    .filter(({ name }) => workloads.some((workload) => workload.peers.includes(name)));
  const names = peers.map(({ name }) => name);
  say(
    `${Math.ceil(secondsOf(form, workloads, names) / 60)} minutes of runs, and their preparation`,
  );
  // this process and what it starts keep off the core of the servers
  execFileSync('taskset', ['-acp', '1', String(process.pid)]);
  const folder = mkdtempSync(join(settings.folder ?? tmpdir(), 'dumbkv-bench-'));
  // the user of Postgres has a folder in it
  chmodSync(folder, 0o711);
  const loadAverage = loadavg()[0] ?? 0;
  const bench = new Bench({ peers, workloads, form, folder, programs, say });
  try {
    const measured = await bench.run().catch((error: unknown) => {
      say(`what the peers said is in ${folder}`);
      throw error;
    });
    const isPart = settings.peers !== undefined || settings.workloads !== undefined;
    publish(isPart ? 'part' : form.name, {
      ...{ startedAt: new Date().toISOString(), revision: revision(), machine: readMachine() },
      ...{ loadAverage, form, workloads, peers: peers.map(({ name, title }) => ({ name, title })) },
      ...measured,
    });
    rmSync(folder, { recursive: true });
  } finally {
    await bench.stop();
  }
}

/** A run of chosen peers or workloads must not take the place of one of all. */
function publish(name: string, report: Report): void {
  const folder = join(here, 'results');
  mkdirSync(folder, { recursive: true });
  const write = (ending: string, text: string) =>
    writeFileSync(join(folder, `${name}.${ending}`), text);
  write('json', `${JSON.stringify(report, undefined, 2)}\n`);
  write('svg', plotOf(report));
  write('md', markdownOf(report, `${name}.svg`));
  say(`the results are in test/bench/results/${name}.md, .svg and .json`);
}

const revision = (): string =>
  execFileSync('git', ['describe', '--always', '--dirty'], { cwd: here, encoding: 'utf8' }).trim();

process.on('exit', killPeers);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
const [programs = '', ...args] = process.argv.slice(2);
await run(args, programs);
