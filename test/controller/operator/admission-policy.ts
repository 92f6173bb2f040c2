// Admission policies that change what is written in one namespace, at each write, as a platform
// team may have them. The control plane must be started with POLICY_ARGUMENTS.
import { expect } from 'vitest';
import type { Place } from '../../support/place.ts';

const API = '/apis/admissionregistration.k8s.io/v1beta1';

/** What turns such policies on. */
export const POLICY_ARGUMENTS = [
  '--feature-gates=MutatingAdmissionPolicy=true',
  '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
];

/** What is changed: a resource of an API group, by a JSON patch or by an apply configuration. */
export interface Mutation {
  group?: string;
  resource: string;
  /** CEL that is true of an object that is changed. */
  condition?: string;
  mutation: object;
}

/** Makes the policy; it holds a little later. */
export async function mutateAlways(
  place: Place,
  { group = '', resource, condition = 'true', mutation }: Mutation,
): Promise<void> {
  const name = `always-${resource}-${place.namespace}`;
  const rule = { apiGroups: [group], apiVersions: ['v1'], resources: [resource] };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': place.namespace } };
  const made = await place.call('POST', `${API}/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [{ ...rule, operations: ['CREATE', 'UPDATE'] }],
        namespaceSelector,
      },
      matchConditions: [{ name: 'concerned', expression: condition }],
      reinvocationPolicy: 'Never',
      mutations: [mutation],
    },
  });
  expect(made.status, made.body.message).toBe(201);
  const bound = await place.call('POST', `${API}/mutatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name },
  });
  expect(bound.status, bound.body.message).toBe(201);
}
