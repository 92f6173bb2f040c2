// What the CEL rules on `spec.template` refuse and take, as a user would write it; the hostile ones
// among them. `rule-examples.ts` puts them beside those of the other rules.
import type { Spec } from './object.ts';
import { names, type RuleExamples } from './rule-example.ts';

const template = (value: Spec): Spec => ({ template: value });
const labelled = (...keys: string[]): Spec =>
  template({ labels: Object.fromEntries(keys.map((key) => [key, 'x'])) });
const annotated = (...keys: string[]): Spec =>
  template({ annotations: Object.fromEntries(keys.map((key) => [key, 'x'])) });
const tolerating = (toleration: Spec): Spec => template({ tolerations: [toleration] });
const requiring = (requirement: Spec): Spec =>
  template({ nodeRequirements: [{ key: 'disk', ...requirement }] });

/** Examples of the rules on `spec.template`. */
export const TEMPLATE_EXAMPLES: RuleExamples[] = [
  {
    at: 'spec.template.labels',
    message: 'each must be a label, such as team: shop',
    refused: [
      ...['', 'te am', '-team', 'team-', 'Example.com/team', 'a/b/c', 'x'.repeat(64)].map((key) =>
        labelled(key),
      ),
      ...['-x', 'x y', 'x/y'].map((value) => template({ labels: { team: value } })),
    ],
    accepted: [labelled('team', 'example.com/team', 'Team_1'), template({ labels: { team: '' } })],
  },
  {
    at: 'spec.template.labels',
    message: 'app, k8s-app and labels of dumbkv.dev, Kubernetes and CloudNativePG belong to others',
    refused: [
      ...['dumbkv.dev/instance', 'dumbkv.dev/protected', 'app.kubernetes.io/name', 'app'],
      ...[
        'k8s-app',
        'cnpg.io/cluster',
        'pod-template-hash',
        'controller-revision-hash',
        'gateway.networking.k8s.io/x',
      ],
    ].map((key) => labelled(key)),
    accepted: [labelled('application', 'example.com/app')],
  },
  {
    at: 'spec.template.annotations',
    message: 'only these annotations can be set: prometheus.io/*',
    refused: [
      ...['', 'prometheus.io/', 'example.com/x', 'dumbkv.dev/restart', 'vault.hashicorp.com/role'],
      ...['sidecar.istio.io/proxyImage', 'sidecar.istio.io/userVolume', 'kubernetes.io/psp'],
      ...['container.apparmor.security.beta.kubernetes.io/server', 'k8s.v1.cni.cncf.io/networks'],
      'kubectl.kubernetes.io/default-container',
    ].map((key) => annotated(key)),
    accepted: [
      annotated('prometheus.io/scrape', 'cluster-autoscaler.kubernetes.io/safe-to-evict'),
      annotated('karpenter.sh/do-not-disrupt', 'sidecar.istio.io/inject', 'linkerd.io/inject'),
    ],
  },
  {
    at: 'spec.template.nodeRequirements[]',
    message: 'In and NotIn must have values, Exists and DoesNotExist none',
    refused: [
      { operator: 'In' },
      { operator: 'NotIn', values: [] },
      { operator: 'Exists', values: ['x'] },
    ].map(requiring),
    accepted: [{ operator: 'In', values: ['x'] }, { operator: 'DoesNotExist' }].map(requiring),
  },
  {
    at: 'spec.template.tolerations[]',
    message: 'Exists takes no value, Equal needs a key',
    refused: [
      {},
      { value: 'x' },
      { key: 'x', operator: 'Exists', value: 'x' },
      { key: 'x', tolerationSeconds: 1 },
      { key: 'x', effect: 'NoSchedule', tolerationSeconds: 1 },
    ].map(tolerating),
    accepted: [
      { operator: 'Exists' },
      { key: 'x', value: 'y' },
      { key: 'x', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
    ].map(tolerating),
  },
  {
    at: 'spec.template.priorityClassName',
    message: 'must be the name of a PriorityClass, and none that begins with system-',
    refused: ['system-node-critical', 'Data', '', 'a b'].map((priorityClassName) =>
      template({ priorityClassName }),
    ),
    accepted: ['data', 'data.high'].map((priorityClassName) => template({ priorityClassName })),
  },
  {
    at: 'spec.auth.tokenOverlap',
    message: 'must be a time of at most 720h, such as 30m or 1h',
    refused: ['', '1', '1d', '-1h', '721h', '1h30m', '1.5h'].map((tokenOverlap) => ({
      auth: { tokenOverlap },
    })),
    accepted: ['0s', '90s', '30m', '720h'].map((tokenOverlap) => ({ auth: { tokenOverlap } })),
  },
  {
    at: 'spec.sleep.timeZone',
    message: 'must be the name of a time zone, such as UTC',
    refused: ['', ' ', '+01:00', 'Europe/', '/Berlin', 'Europe//Berlin', 'a b'].map((timeZone) => ({
      sleep: { timeZone, windows: [] },
    })),
    accepted: ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+1'].map(
      (timeZone) => ({ sleep: { timeZone, windows: [{ from: '20:00', to: '07:00' }] } }),
    ),
  },
  names('spec.template.imagePullSecrets[].name', (name) =>
    template({ imagePullSecrets: [{ name }] }),
  ),
];
