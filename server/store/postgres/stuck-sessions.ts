// Sessions of ours that hold the lock of the store and are in the middle of a message which does
// not go on: their replica is frozen, its machine is not. Up to Postgres 16 no timeout counts then.
// Next: `writer-session.ts` ends them before it writes by a new connection of its own.
import type pg from 'pg';
import { limits } from '../../limits.ts';
import { isStatementError } from './failures.ts';
import { run } from './session.ts';
import { statement } from './statements.ts';

/*
 * The lock on the row is one on the table, too, in a mode that nothing else of ours takes. What a
 * session does that waits for our lock, or commits, is no reading. To end is what Postgres itself
 * does to one that says nothing for as long between two messages; the client has given up by then.
 * A person of the same role who looks at the store by hand goes by another name.
 */
const endStuck = () =>
  statement<{ ended: boolean }>(
    'end-stuck',
    `SELECT pg_terminate_backend(pid) AS ended
     FROM pg_stat_activity JOIN pg_locks USING (pid)
     WHERE pid <> pg_backend_pid() AND datname = current_database()
       AND locktype = 'relation' AND relation = 'store'::regclass AND mode = 'RowShareLock'
       AND wait_event = 'ClientRead' AND application_name = current_setting('application_name')
       AND state_change < clock_timestamp() - $1::int * interval '1 millisecond'
       AND pg_has_role(usesysid, 'USAGE')`,
    [limits.databaseIdleTransactionMs],
  );

/** Ends them, where Postgres allows it; gives how many. */
export async function endStuckSessions(client: pg.ClientBase): Promise<number> {
  try {
    return (await run(client, endStuck())).length;
  } catch (error) {
    if (isStatementError(error)) return 0;
    throw error;
  }
}
