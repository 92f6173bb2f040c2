// A stand-in for the part of the Gateway API that the operator uses: a CustomResourceDefinition of
// HTTPRoutes under the real name, with as much of the real schema as the operator writes.
import { type ControlPlane, kubectlOutput } from './control-plane.ts';

const text = { type: 'string' };
const number = { type: 'integer', format: 'int32' };
const list = (items: object) => ({ type: 'array', items });
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const fields = (properties: object, required: string[] = []) => ({
  ...{ type: 'object', properties, required },
});
const withDefault = (value: unknown, schema: object = text) => ({ ...schema, default: value });

const parentRef = fields(
  {
    group: withDefault('gateway.networking.k8s.io'),
    kind: withDefault('Gateway'),
    ...{ name: text, namespace: text, sectionName: text },
  },
  ['name'],
);
const backendRef = fields(
  {
    ...{ group: withDefault(''), kind: withDefault('Service'), name: text, namespace: text },
    ...{ port: number, weight: withDefault(1, number) },
  },
  ['name'],
);
const path = fields({ type: withDefault('PathPrefix'), value: withDefault('/') });
const rule = fields({ matches: list(fields({ path })), backendRefs: list(backendRef) });
const spec = fields({ parentRefs: list(parentRef), hostnames: list(text), rules: list(rule) });

const HTTP_ROUTES = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'httproutes.gateway.networking.k8s.io',
    // the group is protected: without this the API server takes no definition of it
    annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in for tests' },
  },
  spec: {
    group: 'gateway.networking.k8s.io',
    scope: 'Namespaced',
    names: { kind: 'HTTPRoute', plural: 'httproutes', singular: 'httproute' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
        schema: { openAPIV3Schema: fields({ spec, status: open }) },
      },
    ],
  },
};

/** Has a control plane know HTTPRoutes. */
export async function installRoutes(controlPlane: ControlPlane): Promise<void> {
  await kubectlOutput(controlPlane, ['create', '-f', '-'], JSON.stringify(HTTP_ROUTES));
  const crd = `crd/${HTTP_ROUTES.metadata.name}`;
  await kubectlOutput(controlPlane, ['wait', crd, '--for=condition=Established']);
}

/** Has it know them no more. */
export async function removeRoutes(controlPlane: ControlPlane): Promise<void> {
  await kubectlOutput(controlPlane, ['delete', `crd/${HTTP_ROUTES.metadata.name}`, '--wait']);
}
