// A server process that ends with the running test.
// Used by tests of start, locks, crashes and shutdown.
import { onTestFinished } from 'vitest';
import { launchServer, type ServerProcess } from './launched-server.ts';

export type { Environment, ServerProcess, StartOptions } from './launched-server.ts';

/** Starts a server in `folder` with these settings; it is killed when the running test ends. */
export function startServer(...how: Parameters<typeof launchServer>): ServerProcess {
  const server = launchServer(...how);
  onTestFinished(() => void server.child.kill('SIGKILL'));
  return server;
}
