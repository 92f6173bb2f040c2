// The operator's requests as the API server's audit log has them: what it asked, and what it wrote.

import type { Cluster } from './cluster.ts';
import { clusterTool } from './cluster.ts';

const READS = new Set(['get', 'list', 'watch']);

/** One request of the operator. */
export interface AuditedRequest {
  verb: string;
  /** Empty for the core kinds. */
  group: string;
  resource: string;
  namespace: string | undefined;
  name: string | undefined;
  status: number;
  /** Why it was refused, where it was. */
  message: string;
  /** Whether its rights allowed it; what they do allow may be refused by admission. */
  isAllowed: boolean;
}

const DECISION = 'authorization.k8s.io/decision';

/** All requests of the operator so far, in the order in which they ended. */
export async function auditedRequests({ name }: Cluster): Promise<AuditedRequest[]> {
  const text = await clusterTool('audit', name);
  return text.split('\n').filter(Boolean).map(requestOf);
}

/** What the operator asks from now on: the function gives what came since. */
export async function auditFromNow(cluster: Cluster): Promise<() => Promise<AuditedRequest[]>> {
  const { length } = await auditedRequests(cluster);
  return async () => (await auditedRequests(cluster)).slice(length);
}

/** Writes, the renewal of the operator's own Lease aside. */
export function writesIn(requests: readonly AuditedRequest[]): AuditedRequest[] {
  return requests.filter(({ verb, resource }) => !READS.has(verb) && resource !== 'leases');
}

/** How many requests of each kind, as people read it. */
export function tally(requests: readonly AuditedRequest[]): string {
  const counts = new Map<string, number>();
  for (const { verb, resource } of requests) {
    const kind = `${verb} ${resource}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const rows = [...counts].sort(([, a], [, b]) => b - a);
  return rows.map(([kind, count]) => `${count} ${kind}`).join(', ') || 'none';
}

function requestOf(line: string): AuditedRequest {
  const { verb, objectRef, responseStatus, annotations } = JSON.parse(line);
  const { apiGroup = '', resource = '', subresource, namespace, name } = objectRef ?? {};
  return {
    verb,
    group: apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    status: responseStatus?.code ?? 0,
    message: responseStatus?.message ?? '',
    isAllowed: annotations?.[DECISION] !== 'forbid',
  };
}
