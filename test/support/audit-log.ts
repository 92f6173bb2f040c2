// What an API server wrote down of the requests of one user: the audit log of a control plane that
// was started with `audit`. Tests compare it with what that user should have asked.
import { readFileSync } from 'node:fs';
import type { ControlPlane } from './control-plane.ts';

/** One request that was answered. */
export interface AuditedRequest {
  userName: string;
  verb: string;
  /** Group, resource and subresource, such as `apps/deployments` or `dumbkv.dev/dumbkvs/status`. */
  resource: string;
  namespace: string | undefined;
  name: string | undefined;
  uri: string;
  code: number;
}

interface AuditEvent {
  stage: string;
  verb: string;
  requestURI: string;
  user: { username: string };
  objectRef?: Record<'apiGroup' | 'resource' | 'subresource' | 'namespace' | 'name', string>;
  responseStatus?: { code: number };
}

/** The requests of a user so far, in the order in which they were answered. */
export const auditedRequests = (controlPlane: ControlPlane, userName: string): AuditedRequest[] =>
  auditedRequestsOf(controlPlane, [userName]);

/** The requests of several users, in the order in which they were answered. */
export function auditedRequestsOf(
  controlPlane: ControlPlane,
  userNames: readonly string[],
): AuditedRequest[] {
  return auditEvents(controlPlane)
    .filter(({ user }) => userNames.includes(user.username))
    .map(({ verb, requestURI, objectRef, responseStatus, user }) => {
      const { apiGroup = '', resource = '', subresource, namespace, name } = objectRef ?? {};
      const parts = [apiGroup, resource, subresource].filter((part) => part);
      const code = responseStatus?.code ?? 0;
      const request = { verb, resource: parts.join('/'), namespace, name, uri: requestURI, code };
      return { userName: user.username, ...request };
    });
}

/** The whole log, as text. */
export function auditLogText({ auditLogPath }: ControlPlane): string {
  return readFileSync(auditLogPath, 'utf8');
}

function auditEvents(controlPlane: ControlPlane): AuditEvent[] {
  const lines = auditLogText(controlPlane).split('\n');
  // the last line may not be whole yet
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

/** What was asked of each resource, as sorted sentences: `get secrets`. */
export function deedsIn(requests: readonly AuditedRequest[]): string[] {
  return [...new Set(requests.map(({ verb, resource }) => `${verb} ${resource}`))].sort();
}
