// `status`: one instance with its parts and what to do about it, or a table of all.
// What is printed is made in status-text.ts.
import type { DumbKV } from '../../crds/schema.ts';
import type { Command, Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { type ApiObject, DUMBKVS } from '../kubectl.ts';
import { childrenOf } from '../selectors.ts';
import { isReady, type Parts, statusTable, statusText } from '../status-text.ts';

export const status: Command = {
  usage: '[NAME] [-A]',
  summary: 'how an instance is doing and what to do about it; without a name a table of all',
  details: 'With a name the exit code is 3 if the instance is not ready.',
  needsName: false,
  options: {
    'all-namespaces': { type: 'boolean', short: 'A', help: 'the table of all namespaces' },
  },
  run: (context) => (context.name === '' ? table(context) : one(context)),
};

async function table({ kubectl, options, now, out }: Context): Promise<number> {
  const where = options['all-namespaces'] ? ['--all-namespaces'] : [];
  const all = (await kubectl.list(DUMBKVS, ...where)) as unknown as DumbKV[];
  for (const line of statusTable(all, now())) out(line);
  return EXIT.ok;
}

async function one({ kubectl, name, now, out }: Context): Promise<number> {
  const dumbkv = await kubectl.dumbkv(name);
  const parts = await kubectl.list('pods,persistentvolumeclaims', `-l=${childrenOf(name)}`);
  const of = (kind: string) => parts.filter((part) => part.kind === kind) as ApiObject[];
  const found: Parts = { pods: of('Pod'), claims: of('PersistentVolumeClaim') };
  for (const line of statusText(dumbkv, found, now())) out(line);
  return isReady(dumbkv) ? EXIT.ok : EXIT.notReady;
}
