// The part of a DumbKV's spec that describes a Postgres run by CloudNativePG.
// It flows into `postgres.ts`.
import { Type } from 'typebox';
import { imageReference, rules } from './fields.ts';
import { parameters } from './postgres-parameters.ts';

/** CloudNativePG itself refuses what it sets: files, addresses and commands. */
const Parameters = parameters(
  'Parameters of Postgres. What keeps acknowledged writes is refused, and what CloudNativePG sets.',
  ['dynamic_library_path', 'extension_control_path', 'jit_provider'],
  'parameters cannot set what keeps acknowledged writes (fsync, synchronous_commit and the ' +
    'like), nor files, libraries and commands',
);

/** `spec.postgres.cloudNativePG`. */
export const CloudNativePG = Type.Object(
  {
    instances: Type.Integer({
      description: 'How many instances of Postgres there are, the primary among them.',
      minimum: 1,
      maximum: 9,
      format: 'int32',
      default: 3,
    }),
    synchronousReplicas: Type.Optional(
      Type.Integer({
        description:
          'On how many replicas a write is before it is acknowledged. Left out, 1, or 0 where ' +
          'there is one instance. With 0 a failover may lose acknowledged writes.',
        minimum: 0,
        maximum: 8,
        format: 'int32',
      }),
    ),
    image: Type.Optional(
      imageReference(
        'The image of Postgres 15 or newer; its tag begins with the major version. Left out, ' +
          "that of CloudNativePG's settings; one that is there stays. It must be under an " +
          'allowed prefix.',
      ),
    ),
    parameters: Type.Optional(Parameters),
  },
  {
    description:
      'A `Cluster` of CloudNativePG 1.28 or newer, each instance on a volume of `spec.storage`.',
    ...rules({
      rule: '!has(self.synchronousReplicas) || self.synchronousReplicas < self.instances',
      message: 'synchronousReplicas must be less than instances: one of them is the primary',
      fieldPath: '.synchronousReplicas',
    }),
  },
);
