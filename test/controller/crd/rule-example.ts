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

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
/** Examples of the rule on a field that names an image. */
export const images = (at: string, specOf: (image: string) => Spec): RuleExamples => ({
  at,
  message: 'must be an image reference such as registry.example.com/team/dumbkv-server:1.2.3',
  refused: [
    ...['', 'dumbkv server', 'http://example.com/a', 'example.com/Dumbkv', 'dumbkv:', 'a@sha256:1'],
    ...['/dumbkv', 'dumbkv/', 'example.com:port/a', 'dumbkv:-1', `dumbkv:${'1'.repeat(129)}`],
  ].map(specOf),
  accepted: [
    ...['dumbkv', 'dumbkv:1.2.3', 'localhost/dumbkv-server:dev', `dumbkv@${DIGEST}`],
    ...['example.com:5000/a/b__c/d-e.f:V1_2', `[::1]:5000/dumbkv:1@${DIGEST}`],
  ].map(specOf),
});

/** Examples of the rule on a field that is a host name. */
export const hosts = (at: string, specOf: (host: string) => Spec): RuleExamples => ({
  at,
  message: 'must be one DNS host name in lower case, such as orders.example.com',
  refused: [
    ...['*.example.com', 'Orders.example.com', 'http://orders.example.com', '10.0.0.1', '::1'],
    ...['orders.example.com:8080', 'orders.example.com/kv', 'orders..com', 'orders.example.com.'],
    ...['-orders.example.com', 'or_ders.example.com', '', ' ', `${'a'.repeat(64)}.com`],
  ].map(specOf),
  accepted: [
    ...['orders.example.com', 'localhost', '1st.example.com', `${'a'.repeat(63)}.com`],
    'xn--bcher-kva.example',
  ].map(specOf),
});
