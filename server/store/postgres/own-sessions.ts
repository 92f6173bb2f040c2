// Whether connections have sessions of their own. A pooler that hands them on after each
// transaction (PgBouncer in transaction mode) breaks what sessions keep: settings that durability
// needs, prepared statements, locks, hints; and it leads on to another server without a word.
// Next: `open.ts` asks at the start, and when the location changes.
import type pg from 'pg';
import { handedOn, openSession, type SessionOptions, setUp } from './session.ts';

/**
 * An order of two connections in which each kind of pooler shows itself, whether it gives the
 * session that was used last or the one that was not used for longest.
 */
const TURNS = ['first', 'second', 'second', 'first', 'first', 'second'] as const;

/** Connects, beside a connection that is set up. Throws DKV_STORE_NOT_DURABLE. */
export async function expectOwnSessions(
  first: pg.ClientBase,
  url: string,
  options: SessionOptions,
): Promise<void> {
  const second = await openSession(url, options, setUp);
  try {
    const clients = { first, second };
    const met = { first: new Set<number>(), second: new Set<number>() };
    for (const turn of TURNS) met[turn].add(await backendOf(clients[turn]));
    const isOwn = new Set([...met.first, ...met.second]).size === 2;
    if (isOwn && met.first.size === 1 && met.second.size === 1) return;
  } finally {
    await second.end().catch(() => {});
  }
  throw handedOn();
}

/** Which process of Postgres answers. */
async function backendOf(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}
