// The part of a DumbKV's spec that gives its pods processor time and memory.
// It flows into `schema.ts`.
import { Type } from 'typebox';
import { holdsQuantity, quantity, type Rule, rules } from './fields.ts';

const computeAmounts = (description: string, memoryMinimum: string) =>
  Type.Optional(
    Type.Object(
      {
        cpu: Type.Optional(
          quantity(
            'Cores of processor time; `500m` is half a core. It is text: quote a plain ' +
              'number.',
            { minimum: '1m', maximum: '100k', example: '"500m" or "2"' },
          ),
        ),
        memory: Type.Optional(
          quantity('Bytes of memory; `256Mi` is 256 times 1024 times 1024.', {
            minimum: memoryMinimum,
            maximum: '256Ti',
            example: '256Mi',
          }),
        ),
      },
      { description },
    ),
  );

const requestWithinLimit = (resource: 'cpu' | 'memory'): Rule => {
  const [request, limit] = [`self.requests.${resource}`, `self.limits.${resource}`];
  const given = `has(self.requests) && has(self.limits) && has(${request}) && has(${limit})`;
  const valid = `${holdsQuantity(request)} && ${holdsQuantity(limit)}`;
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
    requests: computeAmounts('What the scheduler keeps free for each pod.', '1Mi'),
    limits: computeAmounts(
      'What each pod may use at most: above its processor time it is slowed down, above ' +
        'its memory ended and started again.',
      '64Mi',
    ),
  },
  {
    description:
      'The processor time and memory of each pod. What is left out gets a default: requests of ' +
      '`50m` processor time and `128Mi` memory, a limit of `512Mi` memory and none of processor ' +
      'time; a default gives way where it would make a request larger than its limit.',
    ...rules(requestWithinLimit('cpu'), requestWithinLimit('memory')),
  },
);
