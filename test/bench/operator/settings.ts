// The command line of the operator's benchmark.
// Next: `main.ts`.
import { parseArgs } from 'node:util';

export interface Settings {
  /** On a cluster that kind made, in place of a control plane with kwok. */
  readonly onKind: boolean;
  /** How many instances at once, one run after the other. */
  readonly sizes: readonly number[];
  /** How often what is measured one by one is measured: creates and changes. */
  readonly singles: number;
  readonly idleSeconds: number;
  /** The cluster of kind. */
  readonly cluster: string;
  readonly isHelp: boolean;
}

export const HELP = `npm run bench:operator -- [options]        with kwok: many instances at once
npm run bench:operator:kind -- [options]   on the cluster of kind that runs the operator: pods
                                           that answer, beside the same objects by kubectl

  --sizes=N,...       how many instances, one run after the other; 100,1000 unless given
  --singles=N         how many creates and changes one by one; 30 unless given
  --idle-seconds=N    for how long nothing changes; 60 unless given, from 330 on with a resync
  --cluster=NAME      the cluster for bench:operator:kind; dumbkv unless given
`;

const COUNT = /^[1-9]\d{0,4}$/;

/** Reads the arguments. Throws a sentence that says which one is wrong. */
export function settingsOf(args: string[]): Settings {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ kind: flag, help: flag },
      sizes: text('100,1000'),
      singles: text('30'),
      'idle-seconds': text('60'),
      cluster: text('dumbkv'),
    },
  });
  return {
    onKind: values.kind,
    sizes: values.sizes.split(',').map((size) => countOf('sizes', size)),
    singles: countOf('singles', values.singles),
    idleSeconds: countOf('idle-seconds', values['idle-seconds']),
    cluster: values.cluster,
    isHelp: values.help,
  };
}

function countOf(name: string, text: string): number {
  if (COUNT.test(text)) return Number(text);
  throw new Error(`--${name} must be whole numbers from 1 to 99999, not "${text}"`);
}
