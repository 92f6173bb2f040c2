// What a user says of pods beside what runs in them: labels, annotations, and on which nodes.
// pod-template.ts and postgres/stateful-set.ts put it into their pods, where what is ours wins.
import type { DumbKV } from '../../crds/schema.ts';

type Labels = Record<string, string>;

/** The metadata of a pod: the user's labels and annotations below ours. */
export const podMetadata = ({ spec }: DumbKV, labels: Labels, annotations: Labels) => ({
  labels: { ...spec.template?.labels, ...labels },
  annotations: { ...spec.template?.annotations, ...annotations },
});

/** Where pods run, and what it takes to start them there. */
export function placement({ spec }: DumbKV): Record<string, unknown> {
  const { nodeSelector, nodeRequirements, tolerations, priorityClassName, imagePullSecrets } =
    spec.template ?? {};
  return {
    ...(nodeSelector && { nodeSelector }),
    ...(nodeRequirements && { affinity: { nodeAffinity: requiring(nodeRequirements) } }),
    ...(tolerations && { tolerations }),
    ...(priorityClassName && { priorityClassName }),
    ...(imagePullSecrets && { imagePullSecrets }),
  };
}

/** One term, so that a node must fit all of it. */
const requiring = (matchExpressions: object[]) => ({
  requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
});
