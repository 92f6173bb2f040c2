// What checkov and kube-score find fault with and we leave as it is, each with its reason.
// scans.test.ts holds everything else to be clean, and that no entry outlives what it explains.
import type { Finding } from '../../support/scanners.ts';

interface Explanation {
  checks: readonly string[];
  /** Which objects, by `scan: Kind name`. */
  of: RegExp;
  because: string;
}

const OPERATOR = /: Deployment dumbkv-operator$/;
const SERVER = /: Deployment orders$/;
const POSTGRES = /: StatefulSet orders-postgres$/;
const PODS = /: (Deployment|StatefulSet) /;

const EXPLANATIONS: readonly Explanation[] = [
  {
    checks: ['CKV_K8S_11', 'container-resources'],
    of: PODS,
    because:
      'a limit of CPU slows what has work to do while cores stand idle; the request shares them, ' +
      'and who wants a limit sets spec.resources.limits.cpu',
  },
  {
    checks: ['CKV_K8S_15', 'container-image-pull-policy'],
    of: PODS,
    because:
      'a tag of a release never changes, and a pod must start again while the registry is away',
  },
  {
    checks: ['CKV_K8S_43'],
    of: PODS,
    because:
      'which registry the images lie in, and so their digest, is known to whoever installs: ' +
      'images of kustomize, values of the chart and spec.image take a digest',
  },
  {
    checks: ['container-ephemeral-storage-request-and-limit'],
    of: PODS,
    because:
      'the root file system is read-only and logs are bounded by the kubelet; what is written ' +
      'goes to the volume of the data',
  },
  {
    checks: ['CKV_K8S_38'],
    of: OPERATOR,
    because: 'it works by the API server; pods of instances, which do not, have no token',
  },
  {
    checks: ['CKV2_K8S_6', 'pod-networkpolicy'],
    of: /: (Deployment dumbkv-operator$|Pod dumbkv-operator\.)/,
    because:
      'it calls the API server, whose address no policy can name, and each instance, in any ' +
      'namespace; it serves metrics and health alone',
  },
  {
    checks: ['deployment-replicas'],
    of: OPERATOR,
    because: 'one works at a time; config/overlays/production has three',
  },
  {
    checks: ['deployment-replicas'],
    of: SERVER,
    because: 'sqlite has one writer, and on Postgres the user says how many there are',
  },
  {
    checks: ['deployment-strategy'],
    of: SERVER,
    because: 'on sqlite a new pod must not start before the old one has let go of the file',
  },
  {
    checks: ['pod-networkpolicy'],
    of: /no-network-policy: Deployment orders$/,
    because: 'spec.networkPolicy.type Open asks for none',
  },
  {
    checks: ['CKV_K8S_40', 'container-security-context-user-group-id'],
    of: POSTGRES,
    because: 'the images of Postgres have their user, 999',
  },
  {
    checks: ['statefulset-has-servicename'],
    of: POSTGRES,
    because:
      'there is one pod, reached by the address of its Service; nobody asks for its own name',
  },
  {
    checks: ['CKV_K8S_8'],
    of: POSTGRES,
    because: 'a database that recovers, or is busy, must not be killed for that',
  },
  {
    checks: ['deployment-has-host-podantiaffinity'],
    of: SERVER,
    because: 'topologySpreadConstraints over hosts and zones do that, and let a small cluster be',
  },
  {
    checks: ['horizontalpodautoscaler-has-target'],
    of: /: HorizontalPodAutoscaler orders$/,
    because: 'its target is the DumbKV, through its scale subresource',
  },
];

const isOf = ({ checks, of }: Explanation, { check, scan, object }: Finding): boolean =>
  checks.includes(check) && of.test(`${scan}: ${object}`);

/** Those that nothing explains, as sentences. */
export const unexplained = (findings: readonly Finding[]): string[] =>
  findings
    .filter((finding) => !EXPLANATIONS.some((one) => isOf(one, finding)))
    .map(({ scan, object, check, words }) => `${scan}: ${object}: ${check}: ${words}`);

/** Checks that are explained but found nowhere. */
export const needless = (findings: readonly Finding[]): string[] =>
  EXPLANATIONS.flatMap((explanation) =>
    explanation.checks
      .filter((check) => {
        const alone = { ...explanation, checks: [check] };
        return !findings.some((finding) => isOf(alone, finding));
      })
      .map((check) => `${check} ${explanation.of}`),
  );
