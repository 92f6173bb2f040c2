// A signal in the first moments, while the program is still being loaded: it ends the server, also
// where that is process 1 of a container, for which Linux drops a signal that nobody listens to.
// Later signals are tested in `shutdown.test.ts`.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

/** A PID namespace of its own: what runs in it is process 1, as in a container. */
const AS_PROCESS_1 = ['unshare', '--map-root-user', '--pid', '--fork', '--kill-child'];
const [unshare = '', ...options] = AS_PROCESS_1;
const canBeProcess1 = spawnSync(unshare, [...options, 'true']).status === 0;

/** Sends the signal when the server asks for the first package that it needs. */
const preloadFor = (signal: string) => `
import { registerHooks } from 'node:module';
let sent = false;
registerHooks({
  resolve(specifier, context, next) {
    if (!sent && !/^([./]|node:|file:)/.test(specifier)) {
      sent = true;
      process.kill(process.pid, '${signal}');
    }
    return next(specifier, context);
  },
});
`;

async function endsAtOnce(signal: string, under: readonly string[]): Promise<void> {
  const folder = tempFolder();
  const preload = join(folder, 'preload.mjs');
  writeFileSync(preload, preloadFor(signal));
  const server = startServer(folder, { NODE_OPTIONS: `--import=${preload}` }, { under });
  const listens = () => server.lines().some(({ msg }) => msg.includes('listening'));
  const { child } = server;
  await waitFor('the end', () => child.exitCode !== null || child.signalCode !== null || listens());
  expect(listens()).toBe(false);
  expect(await server.exit()).toBe(0);
  expect(server.lines().map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(['shutting down', 'shut down']),
  );
  expect(existsSync(join(folder, 'dumbkv.db'))).toBe(false);
}

test.each(['SIGTERM', 'SIGINT'])('%s while the program is loaded ends it with 0', (signal) =>
  endsAtOnce(signal, []),
);

if (canBeProcess1) {
  test.each(['SIGTERM', 'SIGINT'])('%s does so also as process 1', (signal) =>
    endsAtOnce(signal, AS_PROCESS_1),
  );
} else {
  describe('as process 1', () => {
    test('says that no PID namespace can be made here, so this was not tried', ({ annotate }) =>
      annotate('unshare cannot make a PID namespace here: early signals to process 1 not tested'));
  });
}
