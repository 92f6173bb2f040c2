// `suspend` and `resume`: one field of the spec; the operator does the rest.
import type { Command, Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { DUMBKVS } from '../kubectl.ts';
import { untilReady } from '../ready.ts';

/** Sets `spec.suspended`, and says whether that was news. */
async function setSuspended(context: Context, suspended: boolean): Promise<void> {
  const { kubectl, name, out } = context;
  const before = await kubectl.dumbkv(name);
  const full = `${before.metadata.namespace}/${name}`;
  const state = suspended ? 'suspended' : 'resumed';
  if (before.spec.suspended === suspended) {
    out(`${full} was ${suspended ? 'suspended' : 'not suspended'} already.`);
    return;
  }
  const patch = JSON.stringify({ spec: { suspended } });
  await kubectl.output(['patch', DUMBKVS, name, '--type=merge', `--patch=${patch}`]);
  out(`${full} is ${state}${suspended ? ': its pods go, everything else stays.' : '.'}`);
}

export const suspend: Command = {
  usage: 'NAME',
  summary: 'stop the pods of an instance and keep everything else',
  needsName: true,
  options: {},
  run: async (context) => {
    await setSuspended(context, true);
    return EXIT.ok;
  },
};

export const resume: Command = {
  usage: 'NAME [--wait]',
  summary: 'start a suspended instance again',
  needsName: true,
  options: {
    wait: {
      type: 'boolean',
      help: 'come back when it is ready, 5 minutes at most, or if it sleeps',
    },
  },
  run: async (context) => {
    await setSuspended(context, false);
    return context.options.wait ? untilReady(context) : EXIT.ok;
  },
};
