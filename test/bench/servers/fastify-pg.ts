// Fastify with the schemas of our server on Postgres, as such servers are usually written: a query
// for each request, over a pool. No revisions, no sealing, no token, no metrics.
// Started by `../peers/fastify-pg.ts`.
import { setTimeout as delay } from 'node:timers/promises';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import pg from 'pg';
import { EntryBody, KeyBody, SuccessReply, ValueReply } from '../../../server/schemas.ts';

const LOOK_EVERY_MS = 50;
/** As our server has. */
const CONNECTIONS = 25;

const [, , port, location] = process.argv;
const pool = new pg.Pool({ connectionString: location, max: CONNECTIONS });
const READ = { name: 'read', text: 'SELECT value FROM kv WHERE database = $1 AND key = $2' };
const WRITE = {
  name: 'write',
  text: `INSERT INTO kv VALUES ($1, $2, $3)
         ON CONFLICT (database, key) DO UPDATE SET value = excluded.value`,
};

const makeTable = () =>
  pool
    .query('CREATE TABLE kv (database int, key text, value text, PRIMARY KEY (database, key))')
    .then(
      () => true,
      () => false,
    );
// Postgres starts beside it
while (!(await makeTable())) await delay(LOOK_EVERY_MS);

const app = Fastify();
app.setValidatorCompiler(TypeBoxValidatorCompiler);
app.get('/health/ready', async () => ({ status: 'healthy' }));
app.post<{ Body: { database?: number; key: string } }>(
  '/kv',
  { schema: { body: KeyBody, response: { 200: ValueReply } } },
  async ({ body: { database = 0, key } }, reply) => {
    const { rows } = await pool.query({ ...READ, values: [database, key] });
    return rows[0] ?? reply.code(404).send();
  },
);
app.put<{ Body: { database?: number; key: string; value: string } }>(
  '/kv',
  { schema: { body: EntryBody, response: { 200: SuccessReply } } },
  async ({ body: { database = 0, key, value } }) => {
    await pool.query({ ...WRITE, values: [database, key, value] });
    return { status: 'success' };
  },
);
await app.listen({ host: '127.0.0.1', port: Number(port) });
