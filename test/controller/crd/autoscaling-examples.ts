// What the CEL rules on `spec.autoscaling` refuse and take, as a user would write it.
// `rule-examples.ts` puts them beside those of the other rules.
import type { Spec } from './object.ts';
import type { RuleExamples } from './rule-example.ts';

const scaled = (autoscaling: Spec): Spec => ({ engine: 'postgres', autoscaling });

/** Examples of the rules on scaling by load. */
export const AUTOSCALING_EXAMPLES: RuleExamples[] = [
  {
    at: 'spec.autoscaling',
    message: 'minReplicas must not be more than maxReplicas: lower it',
    field: 'spec.autoscaling.minReplicas',
    refused: [scaled({ minReplicas: 3, maxReplicas: 2 })],
    accepted: [scaled({ minReplicas: 3, maxReplicas: 3 }), scaled({ maxReplicas: 1 })],
  },
  {
    at: 'spec',
    message: 'autoscaling needs engine postgres, since sqlite takes at most one replica: remove it',
    field: 'spec.autoscaling',
    refused: [{ autoscaling: { maxReplicas: 1 } }],
    accepted: [scaled({ maxReplicas: 5 })],
  },
];
