// The DumbKV object: its descriptions are the manual, its rules run in the API server.
// `generate.ts` writes the CRD and the manual's fields from it; the operator takes its types.
import { type Static, Type } from 'typebox';
import { AUTOSCALING_RULES, Autoscaling } from './autoscaling.ts';
import {
  BOUNDS,
  holdsQuantity,
  imageReference,
  objectName,
  type Rule,
  rules,
  word,
} from './fields.ts';
import { HttpRoute } from './http-route.ts';
import { Ingress } from './ingress.ts';
import { NetworkPolicy } from './network-policy.ts';
import { POSTGRES_RULES, Postgres } from './postgres.ts';
import { DeletionProtection } from './protection.ts';
import { Resources } from './resources.ts';
import { Sleep } from './sleep.ts';
import type { DumbKVStatus } from './status.ts';
import { Storage } from './storage.ts';
import { Template } from './template.ts';
import { TokenOverlap } from './token-overlap.ts';
import { UpdatePolicy } from './update.ts';

export { type Condition, DumbKVStatus } from './status.ts';

const Auth = Type.Object(
  {
    type: word(
      '`Token` asks clients for a bearer token; with `None` whoever reaches the instance may ' +
        'read, change and delete all keys.',
      ['Token', 'None'],
      { default: 'Token' },
    ),
    tokenSecretRef: Type.Optional(
      Type.Object(
        { name: objectName('The name of the Secret.') },
        {
          description:
            'A Secret of your own in the same namespace, with the tokens under its key ' +
            '`token`, one a line; ` read-only` behind a token lets it only read. It must ' +
            'carry the label `dumbkv.dev/instance` with the ' +
            'name of this object. Left out, the operator makes one token in the Secret ' +
            '`<name>-token`.',
        },
      ),
    ),
    tokenOverlap: Type.Optional(TokenOverlap),
  },
  {
    description:
      'Who may read and write keys. Health, metrics and the pages `/` and `/docs` are open to ' +
      'all who reach the instance.',
    default: {},
    ...rules({
      rule: "self.type == 'Token' || !has(self.tokenSecretRef)",
      message: 'tokenSecretRef needs type Token: remove tokenSecretRef or set type to Token',
      fieldPath: '.tokenSecretRef',
    }),
  },
);

// on the whole spec: a rule on an optional field itself does not see it added or removed
const unchangeable = (field: 'className' | 'accessMode' | 'volumeName'): Rule => {
  const [now, before] = [`self.storage.${field}`, `oldSelf.storage.${field}`];
  return {
    rule: `has(${now}) == has(${before}) && (!has(${now}) || ${now} == ${before})`,
    message:
      `storage.${field} cannot be changed, added or removed: set it back; for other ` +
      'storage make a new DumbKV and copy the data',
    fieldPath: `.storage.${field}`,
  };
};

/** The schema of the spec. */
export const DumbKVSpec = Type.Object(
  {
    engine: word(
      'The storage engine: `sqlite` keeps the data in one file on one volume, written by one ' +
        'pod; `postgres` lets any number of pods serve it. It cannot be changed.',
      ['sqlite', 'postgres'],
      { default: 'sqlite' },
    ),
    replicas: Type.Integer({
      description:
        'How many pods serve the instance; sqlite takes at most one. 0 stops the ' +
        'instance and keeps everything else. `kubectl scale` and autoscalers set this ' +
        'field.',
      minimum: 0,
      maximum: BOUNDS.replicas,
      format: 'int32',
      default: 1,
    }),
    autoscaling: Type.Optional(Autoscaling),
    suspended: Type.Boolean({
      description: 'True stops the instance: it has no pods, and everything else is kept.',
      default: false,
    }),
    sleep: Type.Optional(Sleep),
    image: Type.Optional(
      imageReference(
        "The server image. Left out, the one that belongs to the operator's release; " +
          '`updatePolicy` says what becomes of it when the operator is updated. The operator ' +
          'accepts only images that begin with the prefixes it was given.',
      ),
    ),
    updatePolicy: UpdatePolicy,
    storage: Storage,
    postgres: Type.Optional(Postgres),
    resources: Type.Optional(Resources),
    template: Type.Optional(Template),
    auth: Auth,
    ingress: Type.Optional(Ingress),
    httpRoute: Type.Optional(HttpRoute),
    networkPolicy: NetworkPolicy,
    deletionPolicy: word(
      'What happens to the data set (the volume claim and the sealing key) when this ' +
        'object is deleted: `Retain` keeps it, and a new DumbKV of the same name finds it ' +
        'again; `Delete` removes it for good.',
      ['Retain', 'Delete'],
      { default: 'Retain' },
    ),
    deletionProtection: DeletionProtection,
  },
  {
    description:
      'What the instance should be. Every field right below has a default or may be left out.',
    default: {},
    ...rules(
      {
        rule: "self.engine != 'sqlite' || self.replicas <= 1",
        message: 'engine sqlite takes at most one replica: set replicas to 1, or to 0 to stop it',
        fieldPath: '.replicas',
      },
      {
        rule: 'self.engine == oldSelf.engine',
        message: 'engine cannot be changed: set it back, or make a new DumbKV and copy the data',
        fieldPath: '.engine',
      },
      ...POSTGRES_RULES,
      ...AUTOSCALING_RULES,
      unchangeable('className'),
      unchangeable('accessMode'),
      unchangeable('volumeName'),
    ),
  },
);
/** What a user asks for, as the API server gives it to the operator: every default is filled in. */
export type DumbKVSpec = Static<typeof DumbKVSpec>;

const [SIZE, SIZE_BEFORE] = ['self.spec.storage.size', 'oldSelf.spec.storage.size'];
const CAPACITY = 'self.status.storage.capacity';
const IS_CAPACITY_KNOWN = [
  ...['has(self.status)', 'has(self.status.storage)', `has(${CAPACITY})`],
  holdsQuantity(CAPACITY),
].join(' && ');

/** The rules on the object as a whole. */
export const OBJECT_RULES: readonly Rule[] = [
  {
    rule: `self.metadata.name.size() <= ${BOUNDS.nameLength}`,
    message: `metadata.name must have at most ${BOUNDS.nameLength} characters: make it shorter`,
    fieldPath: '.metadata.name',
  },
  {
    rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message:
      'metadata.name must begin with a lower-case letter, contain only lower-case ' +
      "letters, digits and '-', and not end with '-'",
    fieldPath: '.metadata.name',
  },
  {
    // a growth that the storage refused can be taken back: the volume is as large as before
    rule:
      `!(${holdsQuantity(SIZE)} && ${holdsQuantity(SIZE_BEFORE)}) || ` +
      `quantity(${SIZE}).compareTo(quantity(${SIZE_BEFORE})) >= 0 || ` +
      `(${IS_CAPACITY_KNOWN} && quantity(${SIZE}).compareTo(quantity(${CAPACITY})) >= 0)`,
    message:
      "storage cannot shrink below the volume's size: set storage.size to " +
      'status.storage.capacity (while that is unknown, to the old size) or larger; for a ' +
      'smaller volume make a new DumbKV and copy the data',
    fieldPath: '.spec.storage.size',
  },
];

/** The metadata of an object that the API server gave, as far as the operator reads it. */
export interface ObjectMeta {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  /** Grows by one with each change of the spec. */
  generation: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** A DumbKV as the API server gives it. */
export interface DumbKV {
  apiVersion: 'dumbkv.dev/v1alpha1';
  kind: 'DumbKV';
  metadata: ObjectMeta;
  spec: DumbKVSpec;
  status?: DumbKVStatus;
  /** Not of the API: whether its schedule lets it sleep in this look, and when that changes. */
  rest?: { isAsleep: boolean; changesMs: number | undefined };
}
