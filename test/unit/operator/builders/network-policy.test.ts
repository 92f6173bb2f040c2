// Who may call an instance: by default the pods of its namespace, the operator and who scrapes;
// more where the spec says so or the instance is exposed; and the Postgres its servers alone.
import { describe, expect, it } from 'vitest';
import {
  networkPolicy,
  postgresNetworkPolicy,
} from '../../../../operator/builders/network-policy.ts';
import { networkPolicies } from '../../../../operator/builders/optional-children.ts';
import { dumbkv, onExternal } from '../../../support/objects.ts';

const namespaces = { operator: 'dumbkv-system', monitoring: ['monitoring'], ingress: [] };
const inNamespaces = (...values: string[]) => ({
  namespaceSelector: {
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }],
  },
});
const operator = {
  ...inNamespaces('dumbkv-system'),
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'dumbkv-operator' } },
};
const monitoring = inNamespaces('monitoring');
const everyPodHere = { podSelector: {} };

interface Policy {
  podSelector: { matchLabels: Record<string, string> };
  policyTypes: string[];
  ingress: { from: object[]; ports: object[] }[];
  egress: object[];
}

const policyOf = (spec: object = {}, known: object = {}): Policy =>
  networkPolicy(dumbkv({ spec }), { ...namespaces, ...known })?.spec as Policy;
const callersOf = (spec: object = {}, known: object = {}) => policyOf(spec, known).ingress[0]?.from;

describe('the callers', () => {
  it('are the operator, who scrapes, and every pod of the namespace', () => {
    expect(callersOf()).toEqual([operator, monitoring, everyPodHere]);
    expect(policyOf().ingress[0]?.ports).toEqual([{ port: 'http', protocol: 'TCP' }]);
    expect(policyOf().ingress).toHaveLength(1);
  });

  it('are nobody else where the list is empty', () => {
    expect(callersOf({ networkPolicy: { from: [] } })).toEqual([operator, monitoring]);
    expect(callersOf({ networkPolicy: { from: [] } }, { monitoring: [] })).toEqual([operator]);
  });

  it.each([
    [
      'pods of this namespace',
      { podLabels: { app: 'a' } },
      { podSelector: { matchLabels: { app: 'a' } } },
    ],
    [
      'a namespace',
      { namespaceLabels: { team: 'b' } },
      { namespaceSelector: { matchLabels: { team: 'b' } } },
    ],
    ['all namespaces', { namespaceLabels: {} }, { namespaceSelector: {} }],
    [
      'pods of a namespace',
      { namespaceLabels: { team: 'b' }, podLabels: { app: 'a' } },
      {
        namespaceSelector: { matchLabels: { team: 'b' } },
        podSelector: { matchLabels: { app: 'a' } },
      },
    ],
    ['every pod of this namespace', {}, { podSelector: {} }],
  ])('are %s', (_sentence, caller, peer) => {
    expect(callersOf({ networkPolicy: { from: [caller] } })).toEqual([operator, monitoring, peer]);
  });

  it('are the ingress controllers too where the instance is exposed', () => {
    const exposed = { ingress: { host: 'orders.example.com' } };
    expect(callersOf(exposed)).toContainEqual({ namespaceSelector: {} });
    const known = callersOf(exposed, { ingress: ['traefik'] });
    expect(known).toContainEqual(inNamespaces('traefik'));
    expect(known).not.toContainEqual({ namespaceSelector: {} });
  });
});

describe('what the server calls', () => {
  const dns = {
    ports: [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ],
  };

  it('is DNS alone on sqlite', () => {
    expect(policyOf().egress).toEqual([dns]);
    expect(policyOf().policyTypes).toEqual(['Ingress', 'Egress']);
  });

  it('is its own Postgres too, where the operator runs one', () => {
    const labels = postgresNetworkPolicy(dumbkv({ spec: { engine: 'postgres' } }))?.spec as Policy;
    expect(policyOf({ engine: 'postgres' }).egress).toEqual([
      dns,
      {
        to: [{ podSelector: labels.podSelector }],
        ports: [{ port: 5432, protocol: 'TCP' }],
      },
    ]);
  });

  it('is the pods of its Cluster, where CloudNativePG runs it', () => {
    const postgres = { type: 'CloudNativePG' };
    const { egress } = policyOf({ engine: 'postgres', postgres });
    expect(egress.at(-1)).toEqual({
      to: [{ podSelector: { matchLabels: { 'cnpg.io/cluster': 'orders-postgres' } } }],
      ports: [{ port: 5432, protocol: 'TCP' }],
    });
    const object = dumbkv({ spec: { engine: 'postgres', postgres } });
    expect(postgresNetworkPolicy(object)).toBeUndefined();
  });

  it("cannot be told of somebody else's Postgres", () => {
    expect(policyOf(onExternal).egress).toEqual([dns, {}]);
  });
});

describe('the policy of the Postgres', () => {
  it('lets in the servers of the instance, and nobody out', () => {
    const spec = postgresNetworkPolicy(dumbkv({ spec: { engine: 'postgres' } }))?.spec as Policy;
    expect(spec).toEqual({
      podSelector: {
        matchLabels: {
          'app.kubernetes.io/name': 'dumbkv-postgres',
          'app.kubernetes.io/instance': 'orders',
        },
      },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [{ podSelector: policyOf().podSelector }],
          ports: [{ port: 'postgres', protocol: 'TCP' }],
        },
      ],
    });
  });
});

describe('an open instance', () => {
  it('has no policy, and one that is there goes', () => {
    const open = dumbkv({ spec: { engine: 'postgres', networkPolicy: { type: 'Open' } } });
    const policies = networkPolicies(open, namespaces);
    expect(policies.map(({ name, object }) => [name, object])).toEqual([
      ['orders', undefined],
      ['orders-postgres', undefined],
    ]);
  });
});
