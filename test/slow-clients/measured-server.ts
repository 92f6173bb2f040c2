// A server for one measurement from the terminal: it ends with it, and its folder goes.
// Next: `main.ts` and `rotation.ts` measure on it.
import { rmSync } from 'node:fs';
import {
  type Environment,
  launchServer,
  type ServerProcess,
} from '../server/support/launched-server.ts';

/** So long it is called before anything counts. */
export const WARM_UP_SECONDS = 5;

export const write = (line: string): void => void process.stdout.write(`${line}\n`);

/** Starts a server in `folder`, and measures. */
export async function measureIn(
  folder: string,
  settings: Environment,
  measure: (server: ServerProcess) => Promise<void>,
): Promise<void> {
  const server = launchServer(folder, { LOG_LEVEL: 'info', ...settings });
  try {
    await measure(server);
  } finally {
    server.child.kill('SIGKILL');
    await server.exit();
    rmSync(folder, { recursive: true, force: true });
  }
}
