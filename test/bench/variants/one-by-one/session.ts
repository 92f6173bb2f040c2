// In place of `server/store/postgres/session.ts`: a statement is sent once the one before it is
// answered.
// Built in by `../main.ts` only.
import {
  openSession as open,
  type SessionOptions,
} from '../../../../server/store/postgres/session.ts';

export * from '../../../../server/store/postgres/session.ts';

export const openSession: typeof open = (url, options: SessionOptions, prepare) =>
  open(url, { ...options, pipeline: false }, prepare);
