// Finds the programs of a control plane, starts them and ends them, each by its own process id.
// `control-plane.ts` runs etcd and kube-apiserver by it, `control-plane-kubectl.ts` kubectl.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Component =
  | 'etcd'
  | 'kube-apiserver'
  | 'kubectl'
  // only the project's own `kube` has these for sure
  | 'kube-controller-manager'
  | 'kube-scheduler';

const LOG_TAIL_LINES = 15;
const SETPRIV = '/usr/bin/setpriv';

/**
 * The command that runs a component: a program of `$KUBEBUILDER_ASSETS`, or the project's own
 * `kube`, which acts as the component that its first argument names. Throws when there is neither.
 */
export function commandOf(component: Component, environment = process.env): string[] {
  const assets = environment.KUBEBUILDER_ASSETS;
  if (assets) {
    const program = join(assets, component);
    if (existsSync(program)) return [program];
    throw new Error(`KUBEBUILDER_ASSETS has no ${component}: put it there, or unset the variable`);
  }
  const cache = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache');
  const program = join(cache, 'dumbkv', 'bin', 'kube');
  if (existsSync(program)) return [program, component];
  throw new Error(
    `no ${component} to test against: run \`test/kind/cluster binaries\` to compile it, ` +
      'or set KUBEBUILDER_ASSETS to a directory with etcd, kube-apiserver and kubectl',
  );
}

/** A running component; its output goes to the file `logPath`. */
export interface Service {
  readonly component: string;
  readonly logPath: string;
  readonly child: ChildProcess;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a component that ends with this process, however this process ends. */
export const startService = (component: Component, args: string[], logPath: string): Service =>
  startProgram(component, [...commandOf(component), ...args], logPath);

/** The same for any program, under a name for what is said of it. */
export function startProgram(component: string, command: string[], logPath: string): Service {
  const [program = '', ...args] = command;
  const output = openSync(logPath, 'a');
  // the exit hook does not run when this process is killed; the parent-death signal still comes
  const bound = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', program] : [program];
  const [file = program, ...leading] = bound;
  const child = spawn(file, [...leading, ...args], { stdio: ['ignore', output, output] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return { component, logPath, child };
}

/** Ends a service at once; there is nothing in it to save. Resolves when it is gone. */
export async function endService({ child }: Service): Promise<void> {
  if (hasEnded(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Throws, with the end of the service's log, if the service has ended by itself. */
export function assertRunning({ component, logPath, child }: Service): void {
  if (!hasEnded(child)) return;
  const tail = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
  throw new Error(
    `${component} ended with ${child.exitCode ?? child.signalCode}:\n${tail.join('\n')}`,
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
