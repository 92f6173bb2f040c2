// `restart`: new pods for an instance, by the annotation of `kubectl rollout restart` on the pod
// template, which the operator leaves alone; or with all that its release has, which is the
// operator's to do and is asked of it by an annotation of the DumbKV.
import { setTimeout as pause } from 'node:timers/promises';
import type { Command, Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { DUMBKVS } from '../kubectl.ts';
import { limits } from '../limits.ts';
import { notTakenUp } from '../ready.ts';

const RESTART_ANNOTATION = 'dumbkv.dev/restart';

/** Asks the operator for new pods with its own image, and waits until it has begun. */
async function askForUpdate({ kubectl, name, now }: Context): Promise<void> {
  const generation = () =>
    kubectl.output(['get', `deployment/${name}`, '--output=jsonpath={.metadata.generation}']);
  const before = await generation();
  const mark = `${RESTART_ANNOTATION}=${now().toISOString()}`;
  await kubectl.output(['annotate', '--overwrite', DUMBKVS, name, mark]);
  for (let leftMs: number = limits.operatorWaitMs; leftMs > 0; leftMs -= limits.lookAgainMs) {
    if ((await generation()) !== before) return;
    await pause(limits.lookAgainMs);
  }
  throw notTakenUp();
}

export const restart: Command = {
  usage: 'NAME [--update] [--no-wait]',
  summary: 'replace the pods of an instance',
  details:
    'On postgres each new pod is ready before an old one goes. On sqlite, where one pod writes,\n' +
    'the old one ends first: the instance does not answer for some seconds.',
  needsName: true,
  options: {
    update: { type: 'boolean', help: "with the image and settings of the operator's release" },
    'no-wait': { type: 'boolean', help: 'do not wait for the new pods' },
  },
  run: async (context) => {
    const { kubectl, name, out, options } = context;
    const { metadata, spec, status } = await kubectl.dumbkv(name);
    const full = `${metadata.namespace}/${name}`;
    if (spec.suspended || spec.replicas === 0) {
      throw new Failure(`${full} has no pods: it is suspended or asks for 0 replicas.`);
    }
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.reason === 'Sleeping') throw new Failure(`${full} sleeps. ${ready.message}`);
    const deployment = `deployment/${name}`;
    if (options.update) await askForUpdate(context);
    else await kubectl.output(['rollout', 'restart', deployment]);
    out(`${full} gets new pods.`);
    if (options['no-wait']) return EXIT.ok;
    await kubectl.output(['rollout', 'status', deployment, `--timeout=${limits.readyWait}`]);
    out('They are ready.');
    return EXIT.ok;
  },
};
