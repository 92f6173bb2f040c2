// The command line of the benchmark.
// Next: `main.ts`.
import { parseArgs } from 'node:util';
import { type Form, LONG, SHORT } from './workloads.ts';

export interface Settings {
  readonly form: Form;
  /** Undefined: all of them. */
  readonly peers: readonly string[] | undefined;
  readonly workloads: readonly string[] | undefined;
  readonly folder: string | undefined;
  readonly isHelp: boolean;
}

export const HELP = `npm run bench -- [options]       about 12 minutes
npm run bench:long -- [options]  hours: for figures to be quoted, on a machine that rests

  --peers=NAME,...           only these: dumbkv, unsealed, few, postgres, one-by-one, postgres-few,
                             fastify-pg, fastify-echo, http-echo, fastapi, webdis, etcd
  --workloads=NAME,...       only these: read-64, write-64, ... (the progress names them all)
  --rounds=N, --seconds=N    in place of those of the form
  --folder=PATH              on the disk that is to be measured; else in /tmp
`;

/** Reads the arguments. Throws a sentence that says which one is wrong. */
export function settingsOf(args: string[]): Settings {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      long: { type: 'boolean' },
      help: { type: 'boolean' },
      peers: text,
      workloads: text,
      rounds: text,
      seconds: text,
      folder: text,
    },
  });
  const form = values.long ? LONG : SHORT;
  return {
    form: {
      ...form,
      rounds: countOf('rounds', values.rounds) ?? form.rounds,
      seconds: countOf('seconds', values.seconds) ?? form.seconds,
    },
    peers: values.peers?.split(','),
    workloads: values.workloads?.split(','),
    folder: values.folder,
    isHelp: values.help === true,
  };
}

function countOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${name} must be a whole number from 1 on`);
  return Number(text);
}
