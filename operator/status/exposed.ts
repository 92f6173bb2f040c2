// The condition `Exposed`: how an instance fares that is to be reached from outside, through an
// Ingress, a route of the Gateway API, or both. Pure. compute.ts puts it beside the others.
import type { DumbKV } from '../../crds/schema.ts';
import type { ConditionStatement } from '../api/conditions.ts';
import { HTTP_ROUTE } from '../api/resources.ts';
import { externalUrl } from '../builders/ingress.ts';
import type { Obstacles } from '../builders/optional-children.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { Children } from '../reconcile/observe.ts';

const type = 'Exposed';

interface Parent {
  parentRef?: { name?: string; namespace?: string; sectionName?: string };
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

export interface ExposedInput {
  dumbkv: DumbKV;
  children: Pick<Children, 'ingress' | 'httpRoute'>;
  obstacles: Obstacles;
}

/** The condition, if the instance is or is to be exposed: of two ways the one that is not well. */
export function exposed(input: ExposedInput): ConditionStatement[] {
  const ways = [...byIngress(input), ...byRoute(input)];
  const worst = (['False', 'Unknown', 'True'] as const).flatMap((status) =>
    ways.filter((way) => way.status === status),
  );
  return worst.slice(0, 1);
}

const isThere = (live: KubeObject | undefined): boolean =>
  live !== undefined && live.metadata.deletionTimestamp === undefined;

function byIngress({ dumbkv, children, obstacles }: ExposedInput): ConditionStatement[] {
  const isAsked = dumbkv.spec.ingress !== undefined;
  if (!isAsked && !isThere(children.ingress)) return [];
  if (obstacles.ingressConflict) return [{ type, status: 'False', ...obstacles.ingressConflict }];
  const status = children.ingress?.status as { loadBalancer?: { ingress?: unknown[] } } | undefined;
  if ((status?.loadBalancer?.ingress ?? []).length === 0) {
    const message =
      'No ingress controller has given the Ingress an address yet. Check that one runs ' +
      'and serves its class.';
    return [{ type, status: 'Unknown', reason: 'AddressPending', message }];
  }
  const place = isAsked
    ? externalUrl(dumbkv)
    : 'the host that was asked before: the Ingress is still there';
  const message = `Exposed at ${place}.`;
  return [{ type, status: 'True', reason: 'AddressAssigned', message }];
}

function byRoute({ dumbkv, children, obstacles }: ExposedInput): ConditionStatement[] {
  const asked = dumbkv.spec.httpRoute;
  if (asked === undefined) {
    if (!isThere(children.httpRoute)) return [];
    const message = 'Nobody asks for the HTTPRoute any more, and it is still there.';
    return [{ type, status: 'True', reason: 'RouteAccepted', message }];
  }
  if (!obstacles.servesRoutes) {
    const message =
      `The cluster does not know HTTPRoutes of ${HTTP_ROUTE.group}/${HTTP_ROUTE.version}, or the ` +
      'operator may not read them. Install the Gateway API; it is looked for each minute.';
    return [{ type, status: 'False', reason: 'RouteKindMissing', message }];
  }
  if (obstacles.routeConflict) return [{ type, status: 'False', ...obstacles.routeConflict }];
  const parents = (children.httpRoute?.status as { parents?: Parent[] } | undefined)?.parents ?? [];
  const { namespace } = dumbkv.metadata;
  const judged = asked.parentRefs.map((ref) =>
    judgeGateway(ref.name, parents.filter(isOf({ namespace, ...ref }, namespace))),
  );
  return [judged.find(({ status }) => status !== 'True') ?? accepted()];
}

const isOf =
  (asked: { name: string; namespace: string; sectionName?: string }, own: string) =>
  ({ parentRef = {} }: Parent): boolean =>
    parentRef.name === asked.name &&
    (parentRef.namespace ?? own) === asked.namespace &&
    parentRef.sectionName === asked.sectionName;

function judgeGateway(name: string, parents: readonly Parent[]): ConditionStatement {
  const conditions = parents.flatMap((parent) => parent.conditions ?? []);
  const told = conditions.filter((one) => ['Accepted', 'ResolvedRefs'].includes(one.type));
  const refusal = told.find(({ status }) => status === 'False');
  if (refusal !== undefined) {
    const why = (refusal.message || refusal.reason || 'it gives no reason').replace(/[.]$/, '');
    const message = `Gateway "${name}" does not take the HTTPRoute: ${why}.`;
    return { type, status: 'False', reason: 'RouteRefused', message };
  }
  if (told.some((one) => one.type === 'Accepted' && one.status === 'True')) return accepted();
  const message =
    `Gateway "${name}" has not taken the HTTPRoute yet. Check that it is there, that its ` +
    'listeners allow routes of this namespace and host, and that its controller runs.';
  return { type, status: 'Unknown', reason: 'RoutePending', message };
}

const accepted = (): ConditionStatement => ({
  ...{ type, status: 'True', reason: 'RouteAccepted' },
  message: 'Each Gateway has taken the HTTPRoute.',
});
