// From arguments to an exit code: finds the command, reads its options, runs it, and prints what
// went wrong. main.ts calls it; the commands are in commands/.
import { parseArgs } from 'node:util';
import { connect } from './commands/connect.ts';
import { logs } from './commands/logs.ts';
import { report } from './commands/report.ts';
import { restart } from './commands/restart.ts';
import { rotateToken } from './commands/rotate-token.ts';
import { status } from './commands/status.ts';
import { resume, suspend } from './commands/suspend.ts';
import type { Command, Option, OptionValue, World } from './context.ts';
import { EXIT } from './exit-code.ts';
import { Failure, usageFailure } from './failure.ts';
import { commandHelp, overview } from './help.ts';
import { Kubectl } from './kubectl.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  ...{ status, logs, connect, suspend, resume, restart },
  ...{ 'rotate-token': rotateToken, report },
};

/** The options by which kubectl finds cluster, user and namespace: handed to it as they are. */
const ACCESS: Readonly<Record<string, Option>> = {
  namespace: { type: 'string', short: 'n', value: 'NAMESPACE', help: 'its namespace' },
  context: { type: 'string', value: 'NAME', help: 'a context of the kubeconfig' },
  kubeconfig: { type: 'string', value: 'FILE', help: 'another kubeconfig' },
  cluster: { type: 'string', value: 'NAME', help: 'a cluster of the kubeconfig' },
  user: { type: 'string', value: 'NAME', help: 'a user of the kubeconfig' },
  as: { type: 'string', value: 'USER', help: 'act as another user' },
  'as-group': { type: 'string', multiple: true, value: 'GROUP', help: 'act as one of a group' },
  'request-timeout': { type: 'string', value: '10s', help: 'how long one request may take' },
};

const HELP = { help: { type: 'boolean', short: 'h' } } as const;

/** Runs what the arguments ask; gives the exit code. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  try {
    const [name = 'help', ...rest] = argv;
    if (['help', '--help', '-h'].includes(name)) {
      const asked = Object.hasOwn(COMMANDS, rest[0] ?? '') ? rest[0] : undefined;
      return await runCommand(asked, ['--help'], world);
    }
    if (!Object.hasOwn(COMMANDS, name)) {
      const known = Object.keys(COMMANDS).join(', ');
      throw usageFailure(`There is no command "${name}": the commands are ${known}.`);
    }
    return await runCommand(name, rest, world);
  } catch (error) {
    if (world.interrupted.aborted) return EXIT.ok;
    if (!(error instanceof Failure)) throw error;
    world.err(`kubectl dumbkv: ${error.message}`);
    return error.exitCode;
  }
}

async function runCommand(
  commandName: string | undefined,
  args: readonly string[],
  world: World,
): Promise<number> {
  const command = COMMANDS[commandName ?? ''];
  if (command === undefined || commandName === undefined) {
    world.out(overview(COMMANDS, ACCESS));
    return EXIT.ok;
  }
  const { values, positionals } = parsed(command, args);
  if (values.help) {
    world.out(commandHelp(commandName, command, ACCESS));
    return EXIT.ok;
  }
  const [name = '', ...more] = positionals;
  if (more.length > 0) throw usageFailure(`One name is enough: "${more.join(' ')}" is too much.`);
  if (name === '' && command.needsName) {
    throw usageFailure(`Say which DumbKV: kubectl dumbkv ${commandName} ${command.usage}`);
  }
  const kubectl = new Kubectl(world.program, accessArguments(values));
  return command.run({ ...world, kubectl, name: name.replace(/^.*\//, ''), options: values });
}

interface Parsed {
  values: Record<string, OptionValue>;
  positionals: string[];
}

function parsed({ options }: Command, args: readonly string[]): Parsed {
  try {
    const all = { ...plain(ACCESS), ...plain(options), ...HELP };
    return parseArgs({ args: [...args], options: all, allowPositionals: true }) as Parsed;
  } catch (cause) {
    throw usageFailure(`${(cause as Error).message}`);
  }
}

const plain = (options: Readonly<Record<string, Option>>) =>
  Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short && { short }), ...(multiple && { multiple }) },
    ]),
  );

const accessArguments = (values: Readonly<Record<string, OptionValue>>): string[] =>
  Object.keys(ACCESS).flatMap((name) =>
    [values[name] ?? []].flat().map((value) => `--${name}=${value}`),
  );
