// That the API server does not know the Clusters of CloudNativePG. Pure. reconcile/data-set.ts asks
// before it looks for one, status/database.ts to tell of it.
import type { Problem } from '../api/problem.ts';
import { POSTGRES_CLUSTER } from '../api/resources.ts';

/** What to do where an instance is to be on a kind that is not there. */
export const clusterKindProblem = (isServed: boolean): Problem | undefined =>
  isServed
    ? undefined
    : {
        reason: 'DatabaseKindMissing',
        message:
          `The cluster does not know Clusters of ${POSTGRES_CLUSTER.group}/` +
          `${POSTGRES_CLUSTER.version}, or the operator may not read them. Install ` +
          'CloudNativePG; it is looked for each minute.',
      };
