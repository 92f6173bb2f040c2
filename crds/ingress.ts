// The part of a DumbKV's spec that makes it reachable from outside the cluster.
// It flows into `schema.ts`.
import { Type } from 'typebox';
import { BOUNDS, hostName, objectName, QUALIFIED_NAME, rules, text } from './fields.ts';

const Tls = Type.Object(
  {
    secretName: Type.Optional(
      objectName(
        'The Secret in the same namespace that holds the certificate. With an issuer it ' +
          'may be left out: ' +
          'cert-manager then keeps the certificate in the Secret `<name>-tls`.',
      ),
    ),
    clusterIssuer: Type.Optional(
      objectName('The ClusterIssuer with which cert-manager makes the certificate.'),
    ),
    issuer: Type.Optional(
      objectName('The Issuer in the same namespace with which cert-manager makes the certificate.'),
    ),
  },
  {
    description: 'Serves the host over HTTPS. Name a Secret, an issuer, or both.',
    ...rules(
      {
        rule: '!(has(self.clusterIssuer) && has(self.issuer))',
        message: 'set either clusterIssuer or issuer, not both',
      },
      {
        rule: 'has(self.secretName) || has(self.clusterIssuer) || has(self.issuer)',
        message:
          'set secretName to a Secret that holds the certificate, or clusterIssuer or ' +
          'issuer to have cert-manager make one',
      },
    ),
  },
);

const ISSUER_KEYS = "['cert-manager.io/cluster-issuer', 'cert-manager.io/issuer']";
const CLASS_KEY = "'kubernetes.io/ingress.class'";
const PREFIX_LENGTH_MAX = 253;
const REACHING_OUT = [
  ...['snippet', '/config-', 'secret', 'alias', 'hostname', '/auth-', 'mirror'],
  ...['middlewares', 'plugins', 'group[.]', 'actions[.]', 'conditions[.]', 'canary', 'mergeable'],
  ...['default-backend', 'serverstransport'],
].join('|');

const IngressAnnotations = Type.Record(
  Type.String(),
  text('The value of the annotation.', BOUNDS.annotationValueLength),
  {
    description:
      'Annotations for the Ingress, with which ingress controllers are tuned: a proxy that ' +
      'refuses large bodies or buffers them, for instance. Those that reach beyond the instance ' +
      '(snippets, Secrets, further hosts) are refused.',
    maxProperties: BOUNDS.annotations,
    ...rules(
      {
        rule:
          `self.all(key, key.matches('^${QUALIFIED_NAME}$') && ` +
          `key.indexOf('/') <= ${PREFIX_LENGTH_MAX})`,
        message:
          "each key must be an annotation's name, such as example.com/timeout or plain timeout",
      },
      {
        rule:
          "self.all(key, !key.startsWith('dumbkv.dev/') && " +
          "!key.startsWith('kubectl.kubernetes.io/'))",
        message:
          'annotations that begin with dumbkv.dev/ or kubectl.kubernetes.io/ belong to the ' +
          'operator and to kubectl: remove them',
      },
      {
        // whoever may make DumbKVs must not have them say to a controller what only those may say
        // who make Ingresses
        rule:
          `self.all(key, !key.matches('${REACHING_OUT}') && ` +
          `!self[key].matches('[\\\\x00-\\\\x1f]'))`,
        message:
          'annotations that inject configuration, name Secrets, add hosts, join in those of ' +
          'others, or call and mirror to others belong to who may make Ingresses: remove them; ' +
          'each value must be one line',
      },
      {
        // the API server bounds the bytes of all annotations of an object
        rule: `self.map(key, bytes(self[key]).size()).sum() <= ${BOUNDS.annotationsBytes}`,
        message: `the values must have at most ${BOUNDS.annotationsBytes} bytes together`,
      },
      {
        rule: `self.all(key, !(key in ${ISSUER_KEYS}))`,
        message: "set tls.clusterIssuer or tls.issuer instead of cert-manager's annotation",
      },
    ),
  },
);

/** `spec.ingress`. */
export const Ingress = Type.Object(
  {
    host: hostName(
      'The host name under which the instance is reached. A DumbKV that has a host keeps it, ' +
        'and of two that ask for a free one the older gets it; the other gets no Ingress and is ' +
        'told. Ingresses of others are not looked at.',
    ),
    className: Type.Optional(
      objectName("The IngressClass. Left out, the cluster's default class."),
    ),
    annotations: Type.Optional(IngressAnnotations),
    tls: Type.Optional(Tls),
  },
  {
    description:
      'Makes the instance reachable from outside the cluster through an Ingress. Left out, ' +
      'it is reachable only inside.',
    ...rules({
      rule: `!has(self.className) || !has(self.annotations) || !(${CLASS_KEY} in self.annotations)`,
      message: `set either className or the annotation ${CLASS_KEY}, not both`,
      fieldPath: '.annotations',
    }),
  },
);
