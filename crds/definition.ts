// The CustomResourceDefinition of DumbKV: its names, columns and subresources around the schema.
// `generate.ts` writes it to `dumbkv.dev_dumbkvs.yaml`, which users install.
import { stringify } from 'yaml';
import { DumbKVSpec, DumbKVStatus, OBJECT_RULES } from './schema.ts';
import { type StructuralSchema, structural } from './structural.ts';

const HEADER =
  '# Generated from crds/schema.ts by `npm run generate:crds`: change the schema, not this file.\n';

const ready = (field: string) => `.status.conditions[?(@.type=="Ready")].${field}`;

const column = (name: string, jsonPath: string, description: string, type = 'string') => ({
  name,
  type,
  description,
  jsonPath,
});

/** What `kubectl get` shows; a priority above 0 shows only with `-o wide`. */
const COLUMNS = [
  column('Ready', ready('status'), 'Whether the instance answers requests.'),
  column('Reason', ready('reason'), 'Why it does or does not.'),
  column('Engine', '.spec.engine', 'The storage engine.'),
  column('Replicas', '.status.replicas', 'The pods that the instance has now.', 'integer'),
  column('URL', '.status.url', 'The address inside the cluster.'),
  column('Age', '.metadata.creationTimestamp', 'The time since the object was made.', 'date'),
  ...[
    column('External URL', '.status.externalURL', 'The address outside the cluster.'),
    column('Storage', '.status.storage.capacity', 'The size of the volume.'),
    column('Used', '.status.storage.used', 'How much of the volume is used.'),
    column('Message', ready('message'), 'What to do when the instance is not ready.'),
  ].map((wide) => ({ ...wide, priority: 1 })),
];

const SELECTABLE = ['.spec.engine', '.spec.suspended', '.spec.ingress.host'];

const NAME: StructuralSchema = {
  description: 'The name of the instance, with which the names of all its children begin.',
  type: 'string',
};

/** The schema of the whole object. */
export function objectSchema(): StructuralSchema {
  return {
    description:
      'A DumbKV is an HTTP key-value server with storage, an address and credentials, ' +
      'kept as declared by the DumbKV operator.',
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      // the API server asks for nothing of metadata but the name, and only if rules point to it
      metadata: { type: 'object', properties: { name: NAME } },
      spec: structural(DumbKVSpec, 'spec'),
      status: structural(DumbKVStatus, 'status'),
    },
    'x-kubernetes-validations': OBJECT_RULES,
  };
}

/** The CustomResourceDefinition as an object. */
export function customResourceDefinition() {
  const version = {
    name: 'v1alpha1',
    served: true,
    storage: true,
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    },
    additionalPrinterColumns: COLUMNS,
    selectableFields: SELECTABLE.map((jsonPath) => ({ jsonPath })),
    schema: { openAPIV3Schema: objectSchema() },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: 'dumbkvs.dumbkv.dev',
      labels: { 'app.kubernetes.io/name': 'dumbkv', 'app.kubernetes.io/part-of': 'dumbkv' },
    },
    spec: {
      group: 'dumbkv.dev',
      scope: 'Namespaced',
      names: {
        kind: 'DumbKV',
        listKind: 'DumbKVList',
        plural: 'dumbkvs',
        singular: 'dumbkv',
        shortNames: ['dkv'],
        categories: ['dumbkv'],
      },
      versions: [version],
    },
  };
}

/** The CustomResourceDefinition as the text of its file. */
export function customResourceDefinitionYaml(): string {
  return (
    HEADER +
    stringify(customResourceDefinition(), {
      lineWidth: 0,
      indentSeq: false,
      aliasDuplicateObjects: false,
    })
  );
}
