// The part of a DumbKV's spec that says who may call the instance over the cluster's network.
// It flows into `schema.ts`.
import { Type } from 'typebox';
import { BOUNDS, LABEL_VALUE, QUALIFIED_NAME, rules, text, word } from './fields.ts';

const labels = (description: string) =>
  Type.Optional(
    Type.Record(Type.String(), text('The value of the label.', 63), {
      description,
      maxProperties: BOUNDS.callerLabels,
      ...rules({
        rule:
          `self.all(key, key.matches('^${QUALIFIED_NAME}$') && ` +
          `key.indexOf('/') <= ${BOUNDS.objectNameLength} && ` +
          `self[key].matches('^${LABEL_VALUE}$'))`,
        message: 'must be labels, such as app.kubernetes.io/name: shop',
      }),
    }),
  );

const Caller = Type.Object(
  {
    namespaceLabels: labels(
      'The labels that a namespace must have, `kubernetes.io/metadata.name: shop` for the one of ' +
        "that name; left out, the instance's own namespace; empty, all namespaces.",
    ),
    podLabels: labels('The labels that a pod must have; left out, all pods.'),
  },
  { description: 'Pods that may call, by the labels of their namespace and their own.' },
);

/** `spec.networkPolicy`. */
export const NetworkPolicy = Type.Object(
  {
    type: word(
      '`Restricted` lets in only who is named here; `Open` makes no NetworkPolicy, and the ' +
        "cluster's own rules hold.",
      ['Restricted', 'Open'],
      { default: 'Restricted' },
    ),
    from: Type.Optional(
      Type.Array(Caller, {
        description:
          'Who may call, besides the operator, the namespaces that scrape metrics and, for an ' +
          'exposed instance, the ingress controllers. Left out, every pod of the same namespace; ' +
          'empty, nobody else.',
        maxItems: BOUNDS.callers,
      }),
    ),
  },
  {
    description:
      'Who may call the instance, and whom it may call itself: its database and DNS alone. With ' +
      'the Postgres of others it may call anybody, since a policy knows no names. It takes a ' +
      'network plugin that enforces policies.',
    default: {},
  },
);
