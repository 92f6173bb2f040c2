// The shape of an example of a CEL rule, and the examples that several rules share.
// `rule-examples.ts` and `storage-examples.ts` hold those of the single rules.
import type { Spec } from './object.ts';

export interface RuleExamples {
  /** The place of the rule in the schema, and its message. */
  at: string;
  message: string;
  /** The field that the refusal names, where it is not the place of the rule. */
  field?: string;
  /** What the object was before, for rules that look at a change. */
  before?: Spec;
  /** What the operator had reported of it by then. */
  status?: Spec;
  /** Each alone is refused, by this rule and no other. */
  refused: Spec[];
  accepted: Spec[];
}

const OBJECT_NAME = 'must be the name of a Kubernetes object';
/** Examples of the rule on a field that names another object. */
export const names = (at: string, specOf: (name: string) => Spec): RuleExamples => ({
  at,
  message: OBJECT_NAME,
  refused: ['Orders', 'orders_1', '-orders', 'orders.', 'a..b', 'or ders'].map(specOf),
  accepted: ['orders', 'orders.example.com', '1', 'a-b.c-d'].map(specOf),
});
/** Quantities whose amounts are numbers of so many digits that the API server would be busy. */
export const ENDLESS = ['1e1000', '1e99999999999', '1E-99999999999'];
