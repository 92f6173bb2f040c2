// The first thing that runs: it listens to the signals that end the server, and only then loads the
// rest. Linux drops a signal to process 1, which a container's is, as long as nobody listens.
// Next: `run.ts`.
import { setImmediate as nextTurn } from 'node:timers/promises';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort(signal));

if (process.argv.includes('--help')) {
  const { helpText } = await import('./config.ts');
  process.stdout.write(helpText());
} else if (process.argv.includes('--version')) {
  const { versionText } = await import('./version.ts');
  process.stdout.write(versionText);
} else {
  const { logFailure, run } = await import('./run.ts');
  const fail = (error: unknown) => {
    logFailure(error);
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  // Loading kept the thread: what came meanwhile is heard only now.
  await nextTurn();
  await run(stop.signal).then(() => process.exit(0), fail);
}
