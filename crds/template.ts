// The part of a DumbKV's spec that says how its pods are labelled and where they run: a list of
// what is allowed, not a pod template. It flows into `schema.ts`.
import { Type } from 'typebox';
import { BOUNDS, objectName, rules, text, word } from './fields.ts';

// the prefix is looked through no further: the API server refuses the rest
const KEY = '([-a-z0-9.]{1,253}/)?[a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?';
const VALUE = '([a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?)?';

const labelMap = (description: string, ...more: Parameters<typeof rules>) =>
  Type.Optional(
    Type.Record(Type.String(), text('The value.', BOUNDS.labelLength), {
      description,
      maxProperties: BOUNDS.templateEntries,
      ...(more.length > 0 && rules(...more)),
    }),
  );

const Labels = labelMap(
  'Labels of the pods and of all else that the operator makes. One that is taken away stays on ' +
    'Secrets.',
  {
    rule: `self.all(key, key.matches('^${KEY}$') && self[key].matches('^${VALUE}$'))`,
    message: 'each must be a label, such as team: shop or example.com/team: shop',
  },
  {
    rule:
      "self.all(key, !key.startsWith('dumbkv.dev/') && !key.contains('kubernetes.io/') && " +
      "!key.contains('k8s.io/') && !key.contains('cnpg.io/') && " +
      "!(key in ['app', 'k8s-app', 'pod-template-hash', 'controller-revision-hash']))",
    message:
      'app, k8s-app and labels of dumbkv.dev, Kubernetes and CloudNativePG belong to others: ' +
      'use another key',
  },
);

const ANNOTATION_PREFIXES = [
  'prometheus.io/',
  'cluster-autoscaler.kubernetes.io/',
  'karpenter.sh/',
];
const ANNOTATION_KEYS = ['sidecar.istio.io/inject', 'linkerd.io/inject'];
const ANNOTATIONS = [...ANNOTATION_PREFIXES.map((prefix) => `${prefix}*`), ...ANNOTATION_KEYS];
const prefixed = ANNOTATION_PREFIXES.map((prefix) => `key.startsWith('${prefix}')`).join(' || ');
const listed = ANNOTATION_KEYS.map((key) => `'${key}'`).join(', ');

const Annotations = Type.Optional(
  Type.Record(Type.String(), text('The value.', 1024), {
    description: 'Annotations of the pods, of those that cannot change what runs in them.',
    maxProperties: BOUNDS.templateEntries,
    ...rules({
      rule: `self.all(key, key.matches('^${KEY}$') && (${prefixed} || key in [${listed}]))`,
      message: `only these annotations can be set: ${ANNOTATIONS.join(', ')}`,
    }),
  }),
);

const key = (description: string) => text(description, BOUNDS.labelKeyLength);

const NodeRequirement = Type.Object(
  {
    key: key('The key of a label of nodes.'),
    operator: word('How the label compares.', ['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: Type.Optional(
      Type.Array(text('A value of the label.', BOUNDS.labelLength), {
        description: 'The values, for `In` and `NotIn`.',
        maxItems: 32,
      }),
    ),
  },
  {
    description: 'One thing that a node must have.',
    ...rules({
      rule:
        "self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0 : " +
        '!has(self.values)',
      message: 'In and NotIn must have values, Exists and DoesNotExist none',
    }),
  },
);

const Toleration = Type.Object(
  {
    key: Type.Optional(key('Left out with `Exists`, every taint.')),
    operator: Type.Optional(word('Left out, `Equal`.', ['Equal', 'Exists'])),
    value: Type.Optional(text('The value of the taint.', BOUNDS.labelLength)),
    effect: Type.Optional(
      word('Left out, every effect.', ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
    ),
    tolerationSeconds: Type.Optional(
      Type.Integer({
        description: 'How long a pod stays on a node with the taint `NoExecute`.',
        minimum: 0,
        format: 'int64',
      }),
    ),
  },
  {
    description: 'A taint that keeps no pod away.',
    ...rules({
      rule:
        "(has(self.operator) && self.operator == 'Exists' ? !has(self.value) : has(self.key)) && " +
        "(!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute'))",
      message: 'Exists takes no value, Equal needs a key, tolerationSeconds the effect NoExecute',
    }),
  },
);

const Spread = Type.Object(
  {
    topologyKey: key('The label of nodes over whose values the pods are spread.'),
    maxSkew: Type.Integer({
      description: 'By how many pods two values may differ.',
      minimum: 1,
      maximum: BOUNDS.replicas,
      format: 'int32',
    }),
    whenUnsatisfiable: word('What becomes of a pod that would differ more.', [
      'DoNotSchedule',
      'ScheduleAnyway',
    ]),
  },
  { description: 'One way of spreading.' },
);

/** `spec.template`. */
export const Template = Type.Object(
  {
    labels: Labels,
    annotations: Annotations,
    nodeSelector: labelMap('Labels that a node must have to run the pods.'),
    nodeRequirements: Type.Optional(
      Type.Array(NodeRequirement, {
        description: 'What else a node must have: all of it.',
        maxItems: BOUNDS.templateEntries,
      }),
    ),
    tolerations: Type.Optional(
      Type.Array(Toleration, {
        description: 'Which taints of nodes keep no pod away.',
        maxItems: BOUNDS.templateEntries,
      }),
    ),
    topologySpreadConstraints: Type.Optional(
      Type.Array(Spread, {
        description:
          'How the pods of the server are spread; left out, over nodes and zones as far as ' +
          'possible.',
        maxItems: 4,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['topologyKey'],
      }),
    ),
    priorityClassName: Type.Optional(
      text('The PriorityClass of the pods.', BOUNDS.objectNameLength, {
        ...rules({
          rule: "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$') && !self.startsWith('system-')",
          message: 'must be the name of a PriorityClass, and none that begins with system-',
        }),
      }),
    ),
    imagePullSecrets: Type.Optional(
      Type.Array(
        Type.Object(
          { name: objectName('The name of the Secret.') },
          { description: 'A Secret in the same namespace.' },
        ),
        {
          description: 'The Secrets with which nodes pull the images.',
          maxItems: 8,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
        },
      ),
    ),
  },
  {
    description:
      'How the pods of server and Postgres are labelled, and where they run. Pod affinity is not ' +
      'offered: requirements, tolerations and spreading say where.',
  },
);
