// The status of a DumbKV: what the operator reports, in words that kubectl and Flux understand.
// It flows into `schema.ts` as the second half of the object.
import { type Static, Type } from 'typebox';
import { BOUNDS, text, word } from './fields.ts';

const Condition = Type.Object(
  {
    type: text('Which aspect of the instance this is about.', BOUNDS.conditionTypeLength),
    status: word('Whether it is so; `Unknown` when the operator cannot tell.', [
      'True',
      'False',
      'Unknown',
    ]),
    observedGeneration: Type.Optional(
      Type.Integer({
        description: 'The generation of the object that this was found for.',
        minimum: 0,
        format: 'int64',
      }),
    ),
    lastTransitionTime: text('When `status` last changed.', 64, { format: 'date-time' }),
    reason: text('Why, in one word that programs can rely on.', BOUNDS.reasonLength, {
      minLength: 1,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    message: text('Why, in a sentence for people that says what to do.', BOUNDS.messageLength),
  },
  { description: 'One aspect of the instance.' },
);
/** One condition, in the shape of Kubernetes' own `metav1.Condition`. */
export type Condition = Static<typeof Condition>;

const count = (description: string) =>
  Type.Optional(Type.Integer({ description, minimum: 0, format: 'int32' }));

/** The schema of the status. */
export const DumbKVStatus = Type.Object(
  {
    observedGeneration: Type.Optional(
      Type.Integer({
        description: 'The generation of the object that this status was made for.',
        minimum: 0,
        format: 'int64',
      }),
    ),
    conditions: Type.Optional(
      Type.Array(Condition, {
        description: 'How the instance is doing, one entry for each aspect. Wait for `Ready`.',
        maxItems: BOUNDS.conditions,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
    ),
    url: Type.Optional(text('The address of the instance inside the cluster.', BOUNDS.urlLength)),
    externalURL: Type.Optional(
      text(
        'The address of the instance outside the cluster; absent without `spec.ingress`.',
        BOUNDS.urlLength,
      ),
    ),
    hosts: Type.Optional(
      Type.Record(Type.String(), text('Since when.', 64, { format: 'date-time' }), {
        description:
          'The hosts that the instance has, by where they lead in, such as ' +
          '`ingress/orders.example.com`: no other DumbKV gets them while it asks for them.',
        maxProperties: BOUNDS.hosts,
      }),
    ),
    image: Type.Optional(text('The server image that the instance is to run.', BOUNDS.imageLength)),
    replicas: count('How many pods the instance has now.'),
    readyReplicas: count('How many of the pods answer requests.'),
    selector: Type.Optional(
      text(
        'The label selector of the pods, as text; an autoscaler finds them by it.',
        BOUNDS.selectorLength,
      ),
    ),
    credentialsSecret: Type.Optional(
      text(
        'The Secret that holds the tokens for clients; absent with `auth.type: None`.',
        BOUNDS.objectNameLength,
      ),
    ),
    oldTokensUntil: Type.Optional(
      text('Until when a token counts that a rotation has replaced; absent without one.', 64, {
        format: 'date-time',
      }),
    ),
    asleepUntil: Type.Optional(
      text('When the instance wakes up; absent while it does not sleep.', 64, {
        format: 'date-time',
      }),
    ),
    deletionPolicy: Type.Optional(
      word('The deletion policy that is in effect on the data set now.', ['Retain', 'Delete']),
    ),
    storage: Type.Optional(
      Type.Object(
        {
          capacity: Type.Optional(
            text('The size that the volume has, once there is one.', BOUNDS.quantityLength),
          ),
          used: Type.Optional(
            text(
              'How much of the volume is used, in steps of 5 %, as the server found it some ' +
                'minutes ago; absent where it cannot be asked.',
              4,
              { pattern: '^[0-9]{1,3}%$' },
            ),
          ),
        },
        { description: 'The volume as it is.' },
      ),
    ),
  },
  {
    description:
      'What the operator reports. Others may add conditions of their own where the type has a ' +
      'prefix (`example.com/BackedUp`); what else is put here is taken away.',
  },
);
/** What the operator reports; every field is absent until it is known. */
export type DumbKVStatus = Static<typeof DumbKVStatus>;
