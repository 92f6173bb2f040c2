// Least privilege, at the end of all end-to-end tests: what the operator did in all of them, by the
// API server's audit log, beside what it may do. No right that it never used, nothing refused, and
// no Secret or ConfigMap ever listed.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AUTOSCALER,
  CONFIG_MAP,
  DEPLOYMENT,
  DISRUPTION_BUDGET,
  DUMBKV,
  INGRESS,
  NETWORK_POLICY,
  OPTIONAL_KINDS,
  STATEFUL_SET,
} from '../../operator/api/resources.ts';
import { type AuditedRequest, auditedRequests } from './support/audit.ts';
import { OPERATOR_NAMESPACE } from './support/cluster.ts';
import { serverImage, useGround } from './support/ground.ts';
import { eventually } from './support/patience.ts';
import { report } from './support/report.ts';
import { deedsOf, type Role, rightsOf, rolesIn, rolesInCluster } from './support/rights.ts';

const ground = useGround('least-privilege');

/** Rights that no test here can use, each with its reason. */
const NEVER_USED = new Map([
  [
    'update dumbkv.dev/dumbkvs/finalizers',
    'is asked for by the admission plugin OwnerReferencesPermissionEnforcement, which this ' +
      'cluster does not run: enforced-owners.test.ts in test/controller has one that does',
  ],
]);
/** Why the API server may refuse what the operator's rights allow; tests bring it about. */
const PROVOKED = [
  /because it is being terminated$/,
  // storage that cannot grow, in bad-input.test.ts and in the guide
  /storageclass that provisions the pvc must support resize$/,
];
const NAMELESS = ['secrets', 'configmaps'];

let requests: AuditedRequest[];
let roles: Role[];

/** Kinds of others that this cluster does not know: only the look for them can be seen. */
async function unknownKinds(): Promise<string[]> {
  const { body } = await ground().call('GET', '/apis');
  const known = new Set(body.groups.map(({ name }: { name: string }) => name));
  const unknown = OPTIONAL_KINDS.filter(({ group }) => !known.has(group));
  return unknown.map(({ group, plural }) => `${group}/${plural}`);
}

const isUsed = (right: string, used: Set<string>, unknown: readonly string[]): boolean =>
  used.has(right) ||
  NEVER_USED.has(right) ||
  unknown.some((resource) => right.endsWith(` ${resource}`));

/** Children of every kind, and their removal: no process starts, since there is no such image. */
async function makeAndTakeAway(): Promise<void> {
  const image = (await serverImage(ground().cluster)).replace(/:[^:/]*$/, ':no-such-tag');
  await ground().applyDumbkv('orders', {
    ...{ engine: 'postgres', replicas: 2, image },
    ...{ autoscaling: { maxReplicas: 3 }, ingress: { host: 'least.example.com' } },
    storage: { size: '1Gi', className: 'not-there' },
    postgres: { type: 'Managed', managed: { image } },
  });
  const optional = [INGRESS, NETWORK_POLICY, DISRUPTION_BUDGET, AUTOSCALER];
  for (const type of [...optional, DEPLOYMENT]) {
    await eventually(`there is the ${type.kind}`, () => ground().find(type, 'orders'));
  }
  for (const type of [STATEFUL_SET, CONFIG_MAP]) {
    await eventually(`there is the ${type.kind}`, () => ground().find(type, 'orders-postgres'));
  }
  await ground().change(DUMBKV, 'orders', {
    spec: { replicas: 1, autoscaling: null, ingress: null, networkPolicy: { type: 'Open' } },
  });
  for (const type of optional) await ground().untilGone(type, 'orders');
}

beforeAll(async () => {
  await makeAndTakeAway();
  requests = await auditedRequests(ground().cluster);
  roles = await rolesInCluster(ground().cluster);
});

describe('what the operator did', () => {
  it('was never refused for want of a right', () => {
    const refused = requests.filter(({ isAllowed }) => !isAllowed);
    expect(refused).toEqual([]);
  });

  it('was refused by admission only where a test had it so', () => {
    const refused = requests.filter(({ status }) => status === 403);
    const others = refused.filter(({ message }) => !PROVOKED.some((one) => one.test(message)));
    expect(others).toEqual([]);
  });

  it('is allowed by its own roles, not by what every user may do', () => {
    const rights = rightsOf(roles);
    expect([...deedsOf(requests)].filter((deed) => !rights.has(deed))).toEqual([]);
  });

  it('asked for Secrets and ConfigMaps by their names alone', () => {
    const asked = requests.filter(({ resource }) => NAMELESS.includes(resource));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(({ verb }) => verb === 'list' || verb === 'watch')).toEqual([]);
    // an object is made at the address of its kind
    const nameless = asked.filter(({ verb, name }) => name === undefined && verb !== 'create');
    expect(nameless).toEqual([]);
  });
});

describe('what the operator may do', () => {
  it('is all that it did, in the whole run', async () => {
    const [used, unknown] = [deedsOf(requests), await unknownKinds()];
    const rights = rightsOf(roles);
    report(`${requests.length} requests used ${used.size} of ${rights.size} rights`);
    for (const [right, reason] of NEVER_USED) report(`not used: ${right}, which ${reason}`);
    for (const kind of unknown) {
      report(`not used: most on ${kind}, which this cluster does not know; test/controller has it`);
    }
    expect([...rights].filter((right) => !isUsed(right, used, unknown))).toEqual([]);
  });

  it('is what config/ says, and in one namespace the same but for cluster-wide kinds', async () => {
    const leader = rolesIn('rbac/leader-election/role.yaml');
    const asWritten = rightsOf([...rolesIn('rbac/cluster-role.yaml'), ...leader]);
    expect([...rightsOf(roles)].sort()).toEqual([...asWritten].sort());
    const namespaced = rightsOf([...rolesIn('namespaced/role.yaml'), ...leader]);
    const missing = [...asWritten].filter((right) => !namespaced.has(right));
    expect(missing).toEqual(['get storage.k8s.io/storageclasses']);
    expect([...namespaced].filter((right) => !asWritten.has(right))).toEqual([]);
  });

  it('names each kind and verb: no wildcard, no list or watch of Secrets or ConfigMaps', () => {
    expect(roles.map(({ name }) => name).sort()).toEqual([
      'ClusterRole dumbkv-operator',
      'Role dumbkv-operator-leader-election',
    ]);
    for (const { rules } of [...roles, ...rolesIn('namespaced/role.yaml')]) {
      expect(JSON.stringify(rules)).not.toContain('*');
      expect(rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)).toEqual([]);
    }
    const rights = rightsOf([...roles, ...rolesIn('namespaced/role.yaml')]);
    const lists = NAMELESS.flatMap((kind) => [`list ${kind}`, `watch ${kind}`, `delete ${kind}`]);
    expect(lists.filter((right) => rights.has(right))).toEqual([]);
  });
});

it('runs in a namespace that holds to the restricted Pod Security level', async () => {
  const { body } = await ground().call('GET', `/api/v1/namespaces/${OPERATOR_NAMESPACE}`);
  expect(body.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
});
