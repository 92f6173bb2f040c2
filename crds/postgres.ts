// The part of a DumbKV's spec that says whose Postgres keeps the data of the engine `postgres`.
// It flows into `schema.ts`, which also rules what of it cannot change.
import { Type } from 'typebox';
import { CloudNativePG } from './cloud-native-pg.ts';
import {
  holdsQuantity,
  imageReference,
  objectName,
  type Rule,
  rules,
  text,
  word,
} from './fields.ts';
import { parameters } from './postgres-parameters.ts';
import { Resources } from './resources.ts';

const OPERATORS_OWN = [
  ...['listen_addresses', 'port', 'include', 'include_if_exists', 'logging_collector'],
  ...['dynamic_library_path', 'extension_control_path', 'jit_provider'],
];
const Parameters = parameters(
  'Parameters of Postgres, such as `work_mem: 8MB`. What keeps acknowledged writes, and what ' +
    'the operator sets itself, is refused. A change starts Postgres anew.',
  OPERATORS_OWN,
  'parameters cannot set what keeps acknowledged writes (fsync, full_page_writes, ' +
    'synchronous_commit and the like), nor files, addresses, libraries and commands',
);

const Managed = Type.Object(
  {
    image: Type.Optional(
      imageReference(
        'The image of Postgres 15 or newer, from which user 999 can start it. Left out, the one ' +
          'that the operator was given. The operator accepts only images that begin with the ' +
          'prefixes it was given.',
      ),
    ),
    parameters: Type.Optional(Parameters),
    resources: Type.Optional(Resources),
  },
  { description: 'A single Postgres that this operator runs, on the volume of `spec.storage`.' },
);

const External = Type.Object(
  {
    urlSecretRef: Type.Object(
      {
        name: objectName('The name of the Secret.'),
        key: text('The key of the Secret under which the URL stands.', 253, {
          default: 'url',
          pattern: '^[-._a-zA-Z0-9]+$',
        }),
      },
      {
        description:
          'A Secret in the same namespace with a URL such as ' +
          '`postgres://user:password@host:5432/database?sslmode=verify-full`. It must carry the ' +
          'label `dumbkv.dev/instance` with the name of this object. When its URL changes, the ' +
          'server follows without a restart.',
      },
    ),
  },
  { description: 'A Postgres that somebody else runs.' },
);

/** `spec.postgres`. */
export const Postgres = Type.Object(
  {
    type: word(
      '`Managed`: a single Postgres that this operator runs. `CloudNativePG`: several, run by ' +
        'CloudNativePG. `External`: one that somebody else runs, at a URL in a Secret. It cannot ' +
        'be changed.',
      ['Managed', 'CloudNativePG', 'External'],
      { default: 'Managed' },
    ),
    managed: Type.Optional(Managed),
    cloudNativePG: Type.Optional(CloudNativePG),
    external: Type.Optional(External),
    pool: Type.Optional(
      Type.Object(
        {
          maxOpen: Type.Optional(
            Type.Integer({
              description: 'The most connections of each server pod; 25 where left out.',
              minimum: 3,
              maximum: 100,
              format: 'int32',
            }),
          ),
          maxIdle: Type.Optional(
            Type.Integer({
              description: 'How many of them are kept without work; 5 where left out.',
              minimum: 0,
              maximum: 100,
              format: 'int32',
            }),
          ),
        },
        { description: 'The connections of each server pod to Postgres.' },
      ),
    ),
  },
  {
    description: 'Whose Postgres keeps the data; for the engine `postgres` alone.',
    ...rules(
      {
        rule: "self.type != 'External' || has(self.external)",
        message: 'type External needs external.urlSecretRef: name the Secret that holds the URL',
        fieldPath: '.external',
      },
      {
        rule: "self.type == 'External' || !has(self.external)",
        message: 'external needs type External: remove external or set type to External',
        fieldPath: '.external',
      },
      {
        rule: "self.type == 'Managed' || !has(self.managed)",
        message: 'managed needs type Managed: remove managed or set type to Managed',
        fieldPath: '.managed',
      },
      {
        rule: "self.type == 'CloudNativePG' || !has(self.cloudNativePG)",
        message: 'cloudNativePG needs type CloudNativePG: remove cloudNativePG or set that type',
        fieldPath: '.cloudNativePG',
      },
    ),
  },
);

const POSTGRES_TYPE = (spec: string): string =>
  `(has(${spec}.postgres) ? ${spec}.postgres.type : 'Managed')`;
/** What an empty Postgres and the log that it keeps take, and some room for data. */
const SIZE_MINIMUM = '256Mi';
const SIZE = 'self.storage.size';

/** The rules on the whole spec. */
export const POSTGRES_RULES: readonly Rule[] = [
  {
    rule: "self.engine == 'postgres' || !has(self.postgres)",
    message: 'postgres needs engine postgres: remove postgres or set engine to postgres',
    fieldPath: '.postgres',
  },
  {
    rule: `${POSTGRES_TYPE('self')} == ${POSTGRES_TYPE('oldSelf')}`,
    message: 'postgres.type cannot be changed: set it back, or make a new DumbKV and copy the data',
    fieldPath: '.postgres.type',
  },
  {
    rule:
      `self.engine == 'sqlite' || ${POSTGRES_TYPE('self')} == 'External' || ` +
      `!${holdsQuantity(SIZE)} || quantity(${SIZE}).compareTo(quantity('${SIZE_MINIMUM}')) >= 0`,
    message: `a Postgres that the operator runs needs storage.size of at least ${SIZE_MINIMUM}`,
    fieldPath: '.storage.size',
  },
  {
    rule: `${POSTGRES_TYPE('self')} != 'CloudNativePG' || !has(self.storage.volumeName)`,
    message: 'storage.volumeName cannot serve the several volumes of CloudNativePG: remove it',
    fieldPath: '.storage.volumeName',
  },
];
