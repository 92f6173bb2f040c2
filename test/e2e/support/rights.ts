// What the operator may do, as the cluster and config/ say it, and what it did, as the audit log
// says it: both as sentences such as `patch apps/deployments`, which least-privilege.test.ts
// compares.
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { AuditedRequest } from './audit.ts';
import { type Cluster, OPERATOR_NAME, OPERATOR_NAMESPACE } from './cluster.ts';

/** One rule of a role. */
export interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const CONFIG = new URL('../../../config/', import.meta.url);

/** A role with its rules. */
export interface Role {
  name: string;
  rules: Rule[];
}

/** Every role that the cluster binds to the operator's service account, whoever bound it. */
export async function rolesInCluster({ call }: Cluster): Promise<Role[]> {
  const list = async (kind: string): Promise<ApiObject[]> =>
    (await call('GET', `${RBAC}/${kind}`)).body.items;
  const bindings = [...(await list('clusterrolebindings')), ...(await list('rolebindings'))];
  const ours = bindings.filter(({ subjects = [] }) => subjects.some(isOperator));
  const roles = ours.map(async ({ roleRef, metadata }): Promise<Role> => {
    const place = roleRef.kind === 'Role' ? `namespaces/${metadata.namespace}/roles` : undefined;
    const path = `${RBAC}/${place ?? 'clusterroles'}/${roleRef.name}`;
    return { name: `${roleRef.kind} ${roleRef.name}`, rules: (await call('GET', path)).body.rules };
  });
  return Promise.all(roles);
}

const isOperator = ({ kind, name, namespace }: Subject): boolean =>
  kind === 'ServiceAccount' && name === OPERATOR_NAME && namespace === OPERATOR_NAMESPACE;

/** The roles of a file in config/. */
export function rolesIn(file: string): Role[] {
  const text = readFileSync(new URL(file, CONFIG), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as ApiObject);
  return objects
    .filter(({ rules }) => rules !== undefined)
    .map(({ kind, metadata, rules }) => ({ name: `${kind} ${metadata.name}`, rules }));
}

/** What the rules of roles allow. */
export function rightsOf(roles: readonly Role[]): Set<string> {
  const rules = roles.flatMap((role) => role.rules);
  const rights = rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => right(verb, group, resource))),
    ),
  );
  return new Set(rights);
}

/** What was done, of what an API server lets others do. */
export function deedsOf(requests: readonly AuditedRequest[]): Set<string> {
  const allowed = requests.filter((one) => one.isAllowed && one.resource !== '');
  return new Set(
    allowed.flatMap(({ verb, group, resource, status }) => {
      const deed = right(verb, group, resource);
      // an apply that makes an object needs the right to create it too
      const isMade = verb === 'patch' && status === 201;
      return isMade ? [deed, right('create', group, resource)] : [deed];
    }),
  );
}

const right = (verb: string, group: string, resource: string): string =>
  `${verb} ${group === '' ? resource : `${group}/${resource}`}`;
