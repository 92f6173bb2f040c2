// `kubectl dumbkv`: what the process gives (arguments, terminal, clock) is handed to
// run.ts, and its answer is the exit code.
import { run } from './run.ts';

// Ctrl-C ends what runs for us first, so that a port that was opened is closed and said to be.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort());
}
// `kubectl dumbkv logs orders | head` is no failure
process.stdout.on('error', () => process.exit(0));

void run(process.argv.slice(2), {
  program: 'kubectl',
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  now: () => new Date(),
  interrupted: interrupted.signal,
  streams: 'inherit',
}).then((code) => {
  process.exitCode = code;
});
