// What the CEL rules on `spec.networkPolicy` refuse and take, as a user would write it.
// `rule-examples.ts` puts them beside those of the other rules.
import type { Spec } from './object.ts';
import type { RuleExamples } from './rule-example.ts';

const labels = (field: string): RuleExamples => {
  const specOf = (value: Spec): Spec => ({ networkPolicy: { from: [{ [field]: value }] } });
  return {
    at: `spec.networkPolicy.from[].${field}`,
    message: 'must be labels, such as app.kubernetes.io/name: shop',
    field: `spec.networkPolicy.from[0].${field}`,
    refused: [
      ...['', '/x', 'x/', 'a/b/c', 'Example.com/x', 'x y', '-x', 'x'.repeat(64)].map((key) =>
        specOf({ [key]: 'shop' }),
      ),
      specOf({ [`${'a.'.repeat(126)}ab/x`]: 'shop' }),
      ...[' ', '-a', 'a-', 'a/b', 'a b', 'ü'].map((value) => specOf({ app: value })),
    ],
    accepted: [
      specOf({}),
      specOf({ app: '' }),
      specOf({ 'app.kubernetes.io/name': 'shop_1.A', x: 'a'.repeat(63) }),
    ],
  };
};

/** Examples of the rules on who may call. */
export const NETWORK_POLICY_EXAMPLES = ['namespaceLabels', 'podLabels'].map(labels);
