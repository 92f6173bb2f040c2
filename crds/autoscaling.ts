// The part of a DumbKV's spec that has Kubernetes set the number of pods by their load.
// It flows into `schema.ts`.
import { Type } from 'typebox';
import { BOUNDS, type Rule, rules } from './fields.ts';

const count = (description: string, options: object = {}) =>
  Type.Integer({ description, minimum: 1, maximum: BOUNDS.replicas, format: 'int32', ...options });

/** `spec.autoscaling`. */
export const Autoscaling = Type.Object(
  {
    minReplicas: count('The fewest pods.', { default: 1 }),
    maxReplicas: count('The most pods.'),
    targetCPUUtilizationPercentage: Type.Integer({
      description:
        'The processor time that a pod of the server should use on average, in percent of ' +
        '`spec.resources.requests.cpu`.',
      minimum: 1,
      maximum: 1000,
      format: 'int32',
      default: 80,
    }),
  },
  {
    description:
      'Has a HorizontalPodAutoscaler set `spec.replicas`, by the processor time that the pods ' +
      'use: up at once, down slowly. It takes metrics-server or the like; leave `spec.replicas` ' +
      'out of what you apply. While the instance is suspended or has 0 replicas there is none; ' +
      'at 1 or more replicas it goes on.',
    ...rules({
      rule: 'self.minReplicas <= self.maxReplicas',
      message: 'minReplicas must not be more than maxReplicas: lower it',
      fieldPath: '.minReplicas',
    }),
  },
);

/** The rule on the whole spec. */
export const AUTOSCALING_RULES: readonly Rule[] = [
  {
    rule: "self.engine == 'postgres' || !has(self.autoscaling)",
    message: 'autoscaling needs engine postgres, since sqlite takes at most one replica: remove it',
    fieldPath: '.autoscaling',
  },
];
