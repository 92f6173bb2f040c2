// Runs kubectl against a control plane of a test and gives back what it said.
// Tests use it where a user would: to apply manifests and to look at what `kubectl get` shows.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { commandOf } from './control-plane-process.ts';

const KUBECTL_LIMIT_MS = 60_000;

export interface KubectlResult {
  /** The exit code; null if kubectl had to be ended. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs kubectl as the administrator, with `stdin` (a manifest for `-f -`) if given. */
export async function kubectl(
  controlPlane: { readonly kubeconfigPath: string },
  args: string[],
  stdin = '',
): Promise<KubectlResult> {
  const [program = '', ...prefix] = commandOf('kubectl');
  const { kubeconfigPath } = controlPlane;
  const own = [
    '--kubeconfig',
    kubeconfigPath,
    '--cache-dir',
    join(dirname(kubeconfigPath), 'kube'),
  ];
  const child = spawn(program, [...prefix, ...own, ...args], { timeout: KUBECTL_LIMIT_MS });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // kubectl may end without reading what it was given; its exit code tells why
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** Runs kubectl and gives its standard output; throws with what it said if it fails. */
export async function kubectlOutput(
  controlPlane: { readonly kubeconfigPath: string },
  args: string[],
  stdin = '',
): Promise<string> {
  const { code, stdout, stderr } = await kubectl(controlPlane, args, stdin);
  if (code === 0) return stdout;
  throw new Error(
    `kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim() || stdout.trim()}`,
  );
}
