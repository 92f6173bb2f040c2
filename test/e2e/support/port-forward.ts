// `kubectl port-forward`, as a user on a laptop reaches an instance. Ends with the block that
// holds it.
import { spawn } from 'node:child_process';
import { commandOf } from '../../support/control-plane-process.ts';
import type { Ground } from './ground.ts';
import { eventually } from './patience.ts';

export interface Forwarded extends AsyncDisposable {
  /** Where the port is reached on this machine. */
  readonly url: string;
}

/** Opens a port of this machine to `target`; resolves when it is open. */
export async function forwardedTo(
  ground: Pick<Ground, 'cluster' | 'namespace'>,
  target: string,
  port: number,
): Promise<Forwarded> {
  const [program = '', ...prefix] = commandOf('kubectl');
  const access = ['--kubeconfig', ground.cluster.kubeconfigPath, '--namespace', ground.namespace];
  const forward = ['port-forward', '--address', '127.0.0.1', target, `:${port}`];
  const child = spawn(program, [...prefix, ...access, ...forward]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  const end = async () => {
    child.kill();
    await ended;
  };
  try {
    const address = await eventually('kubectl port-forward is open', async () => {
      const [, found] = /^Forwarding from (127\.0\.0\.1:\d+)/m.exec(said) ?? [];
      if (found === undefined) throw new Error(said);
      return found;
    });
    return { url: `http://${address}`, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}
