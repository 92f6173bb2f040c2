// The Ingress of an instance that asks to be reached from outside the cluster.
import type { DumbKV } from '../../crds/schema.ts';
import { INGRESS } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import { objectOf, ownedMetadata } from './metadata.ts';
import { SERVER_PORT_NAME } from './service.ts';

const CLUSTER_ISSUER_ANNOTATION = 'cert-manager.io/cluster-issuer';
const ISSUER_ANNOTATION = 'cert-manager.io/issuer';

type IngressSpec = NonNullable<DumbKV['spec']['ingress']>;

/** The Ingress as asked for, or undefined where the spec asks for none. */
export function ingress(dumbkv: DumbKV): KubeObject | undefined {
  const spec = dumbkv.spec.ingress;
  if (spec === undefined) return undefined;
  const { name } = dumbkv.metadata;
  const annotations = { ...spec.annotations, ...issuerAnnotations(spec) };
  const metadata = { ...ownedMetadata(dumbkv, name), annotations };
  const backend = { service: { name, port: { name: SERVER_PORT_NAME } } };
  return objectOf(INGRESS, metadata, {
    spec: {
      ...(spec.className === undefined ? {} : { ingressClassName: spec.className }),
      rules: [{ host: spec.host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      ...(spec.tls === undefined
        ? {}
        : { tls: [{ hosts: [spec.host], secretName: tlsSecretName(name, spec) }] }),
    },
  });
}

/** The address of an exposed instance outside the cluster. */
export function externalUrl(dumbkv: DumbKV): string | undefined {
  const spec = dumbkv.spec.ingress;
  return spec && `${spec.tls === undefined ? 'http' : 'https'}://${spec.host}`;
}

function tlsSecretName(instance: string, spec: IngressSpec): string {
  return spec.tls?.secretName ?? `${instance}-tls`;
}

function issuerAnnotations(spec: IngressSpec): Record<string, string> {
  const { clusterIssuer, issuer } = spec.tls ?? {};
  return {
    ...(clusterIssuer === undefined ? {} : { [CLUSTER_ISSUER_ANNOTATION]: clusterIssuer }),
    ...(issuer === undefined ? {} : { [ISSUER_ANNOTATION]: issuer }),
  };
}
