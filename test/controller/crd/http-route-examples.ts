// What the CEL rules on `spec.httpRoute` refuse and take, as a user would write it.
// `rule-examples.ts` puts them beside those of the other rules.
import type { Spec } from './object.ts';
import { hosts, names, type RuleExamples } from './rule-example.ts';

const routed = (parentRef: Spec, rest: Spec = {}): Spec => ({
  httpRoute: { parentRefs: [{ name: 'public', ...parentRef }], ...rest },
});
const ofParent = (field: string): RuleExamples => ({
  ...names(`spec.httpRoute.parentRefs[].${field}`, (name) => routed({ [field]: name })),
  field: `spec.httpRoute.parentRefs[0].${field}`,
});

/** Examples of the rules on routes. */
export const HTTP_ROUTE_EXAMPLES: RuleExamples[] = [
  ...['name', 'sectionName'].map(ofParent),
  {
    ...hosts('spec.httpRoute.hostnames[]', (host) => routed({}, { hostnames: [host] })),
    field: 'spec.httpRoute.hostnames[0]',
  },
];
