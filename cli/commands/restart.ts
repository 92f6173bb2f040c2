// `restart`: new pods for an instance, by the annotation of `kubectl rollout restart` on the pod
// template. The operator applies its own fields there and leaves those of others, so it stays.
import type { Command, Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { DUMBKVS } from '../kubectl.ts';
import { limits } from '../limits.ts';

/** Waits until an instance is ready in its present generation. */
export async function untilReady({ kubectl, name, out }: Context): Promise<number> {
  const condition = ['--for=condition=Ready', `--timeout=${limits.readyWait}`];
  await kubectl.output(['wait', DUMBKVS, name, ...condition]);
  out('It is ready.');
  return EXIT.ok;
}

export const restart: Command = {
  usage: 'NAME [--no-wait]',
  summary: 'replace the pods of an instance',
  details:
    'On postgres each new pod is ready before an old one goes. On sqlite, where one pod writes,\n' +
    'the old one ends first: the instance does not answer for some seconds.',
  needsName: true,
  options: { 'no-wait': { type: 'boolean', help: 'do not wait for the new pods' } },
  run: async (context) => {
    const { kubectl, name, out, options } = context;
    const { metadata, spec } = await kubectl.dumbkv(name);
    const full = `${metadata.namespace}/${name}`;
    if (spec.suspended || spec.replicas === 0) {
      throw new Failure(`${full} has no pods: it is suspended or asks for 0 replicas.`);
    }
    await kubectl.output(['rollout', 'restart', `deployment/${name}`]);
    out(`${full} gets new pods.`);
    if (options['no-wait']) return EXIT.ok;
    await kubectl.output([
      ...['rollout', 'status', `deployment/${name}`],
      `--timeout=${limits.readyWait}`,
    ]);
    out('They are ready.');
    return EXIT.ok;
  },
};
