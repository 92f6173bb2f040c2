// `logs`: those of the server's pods, or of its Postgres, written by kubectl itself.
import type { Command, Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { ended } from '../kubectl.ts';
import { limits } from '../limits.ts';
import { postgresPodsOf, serverPodsOf } from '../selectors.ts';

export const logs: Command = {
  usage: 'NAME [-f] [--previous] [--postgres]',
  summary: 'print the log of an instance',
  needsName: true,
  options: {
    follow: { type: 'boolean', short: 'f', help: 'go on as lines come' },
    previous: { type: 'boolean', short: 'p', help: 'of the container before its last restart' },
    postgres: { type: 'boolean', help: 'of the Postgres that the operator runs for it' },
    tail: {
      type: 'string',
      value: 'LINES',
      help: `the last lines of each pod; ${limits.logLines}, -1: all`,
    },
    since: { type: 'string', value: '10m', help: 'not older than this' },
  },
  run: async (context) => {
    const { name, options } = context;
    const selector = options.postgres ? postgresPodsOf(name) : serverPodsOf(name);
    await assertPods(context, selector);
    const args = [
      'logs',
      `--selector=${selector}`,
      '--prefix',
      `--tail=${options.tail ?? limits.logLines}`,
    ];
    args.push(`--container=${options.postgres ? 'postgres' : 'server'}`);
    args.push(`--max-log-requests=${limits.followedPods}`);
    for (const flag of ['follow', 'previous']) if (options[flag]) args.push(`--${flag}`);
    if (options.since !== undefined) args.push(`--since=${options.since}`);
    return follow(context, args);
  },
};

/** Throws, with the reason, if there are no pods to have a log. */
async function assertPods({ kubectl, name }: Context, selector: string): Promise<void> {
  const dumbkv = await kubectl.dumbkv(name);
  if ((await kubectl.list('pods', `--selector=${selector}`)).length > 0) return;
  const ready = dumbkv.status?.conditions?.find(({ type }) => type === 'Ready');
  const why = ready === undefined ? '' : ` ${ready.reason}: ${ready.message}`;
  throw new Failure(`${dumbkv.metadata.namespace}/${name} has no such pod.${why}`);
}

async function follow(context: Context, args: readonly string[]): Promise<number> {
  const { kubectl, interrupted, streams, out } = context;
  const child = kubectl.start(args, streams);
  child.stdout?.on('data', (chunk) => out(String(chunk).trimEnd()));
  const end = () => void child.kill();
  interrupted.addEventListener('abort', end);
  const code = await ended(child);
  interrupted.removeEventListener('abort', end);
  return interrupted.aborted ? EXIT.ok : code;
}
