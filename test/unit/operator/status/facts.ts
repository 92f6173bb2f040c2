// The facts from which a status is computed, as they are for an instance that serves; tests alter
// them. serving.ts is asked as reconcile asks it, so that no test pairs facts that cannot meet.
import type { DumbKV } from '../../../../crds/schema.ts';
import type { ConditionType } from '../../../../operator/api/conditions.ts';
import type { Children } from '../../../../operator/reconcile/observe.ts';
import { type StatusInput, statusOf } from '../../../../operator/status/compute.ts';
import type { Reach } from '../../../../operator/status/reach.ts';
import { servingOf } from '../../../../operator/status/serving.ts';
import { dumbkv, SERVER_IMAGE, servingChildren } from '../../../support/objects.ts';

export const NOW = '2030-01-01T00:00:00Z';

export const ANSWERED: Reach = {
  status: 'True',
  reason: 'Answered',
  message: 'Answered a GET through its Service.',
};

/** What a test may alter: the DumbKV, single children, and what was found out about them. */
export type Changes = Partial<Omit<StatusInput, 'children' | 'serving'>> & {
  children?: Partial<Children>;
};

/** The facts of an instance that serves, with these changes. */
export function facts({ children, ...changes }: Changes = {}): StatusInput {
  const known = {
    dumbkv: dumbkv(),
    isStorageClassMissing: false,
    serverImage: SERVER_IMAGE,
    postgresImage: 'registry.example.com/postgres:17',
    reach: ANSWERED,
    blocked: undefined,
    growthRefusal: undefined,
    usage: undefined,
    obstacles: {
      ...{ ingressConflict: undefined, routeConflict: undefined },
      ...{ takenHosts: [], servesRoutes: true },
    },
    now: NOW,
    ...changes,
    children: servingChildren(children),
  };
  return { ...known, serving: servingOf(known) };
}

/** The condition of a type in the status of these facts. */
export const conditionOf = (type: ConditionType, changes: Changes = {}) =>
  statusOf(facts(changes)).conditions?.find((condition) => condition.type === type);

/** The types of all conditions in the status of these facts. */
export const typesOf = (changes: Changes = {}): string[] =>
  (statusOf(facts(changes)).conditions ?? []).map(({ type }) => type);

/** The DumbKV with the status that these facts give it. */
export const withStatus = (input: StatusInput): DumbKV => ({
  ...input.dumbkv,
  status: statusOf(input),
});
