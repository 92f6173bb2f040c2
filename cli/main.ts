// `kubectl dumbkv`: what the process gives (arguments, terminal, clock, chance) is handed to
// run.ts, and its answer is the exit code.
import { randomBytes } from 'node:crypto';
import { run } from './run.ts';

const TOKEN_BYTES = 32;

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
  freshToken: () => randomBytes(TOKEN_BYTES).toString('base64url'),
  interrupted: interrupted.signal,
  streams: 'inherit',
}).then((code) => {
  process.exitCode = code;
});
