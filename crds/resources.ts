// The part of a DumbKV's spec that gives its pods processor time and memory.
// It flows into `schema.ts`.
import { Type } from 'typebox';
import { quantity, type Rule, rules } from './fields.ts';

const computeAmounts = (description: string, memoryMinimum: string) =>
  Type.Optional(
    Type.Object(
      {
        cpu: Type.Optional(
          quantity('Processor time, in cores.', { minimum: '1m', example: '"500m" or "2"' }),
        ),
        memory: Type.Optional(
          quantity('Memory, in bytes.', { minimum: memoryMinimum, example: '256Mi' }),
        ),
      },
      { description },
    ),
  );

const requestWithinLimit = (resource: 'cpu' | 'memory'): Rule => {
  const [request, limit] = [`self.requests.${resource}`, `self.limits.${resource}`];
  const given = `has(self.requests) && has(self.limits) && has(${request}) && has(${limit})`;
  const valid = `isQuantity(${request}) && isQuantity(${limit})`;
  return {
    rule: `!(${given} && ${valid}) || quantity(${request}).compareTo(quantity(${limit})) <= 0`,
    message:
      `requests.${resource} must not be more than limits.${resource}: lower the request or ` +
      'raise the limit',
    fieldPath: '.requests',
  };
};

/** `spec.resources`. */
export const Resources = Type.Object(
  {
    requests: computeAmounts('What the scheduler reserves for each pod.', '1Mi'),
    limits: computeAmounts('What each pod may use at most.', '64Mi'),
  },
  {
    description:
      'Processor time and memory of the server. For what is left out the operator has defaults.',
    ...rules(requestWithinLimit('cpu'), requestWithinLimit('memory')),
  },
);
