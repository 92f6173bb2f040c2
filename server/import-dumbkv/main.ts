// `npm run import:dumbkv`, or `import-dumbkv.js` in the image: the command with the process around
// it.
// Next: `command.ts`.
import { runCommand } from './command.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  tell: (line) => void process.stderr.write(`${line}\n`),
  print: (text) => void process.stdout.write(text),
});
