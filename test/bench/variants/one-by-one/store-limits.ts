// In place of `server/store/store-limits.ts`: each write has a transaction of its own, and as many
// reads may wait for a connection as there are requests.
// Built in by `../main.ts` only.
import { storeLimits as shipped } from '../../../../server/store/store-limits.ts';

export const storeLimits = {
  ...shipped,
  groupChangesMax: 1,
  poolWaitingMax: shipped.readsWaitingMax,
};
