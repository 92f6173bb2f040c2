// Fastify with the schemas of our server and nothing behind them: no token, no metrics, no store. A
// PUT leaves the value that every POST gets.
// Started by `../peers/echo.ts`.
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import { EntryBody, KeyBody, SuccessReply, ValueReply } from '../../../server/schemas.ts';

const port = Number(process.argv[2]);
let value = '';

const app = Fastify();
app.setValidatorCompiler(TypeBoxValidatorCompiler);
const success = { response: { 200: SuccessReply } };
app.get('/health/ready', async () => ({ status: 'healthy' }));
app.post('/kv', { schema: { body: KeyBody, response: { 200: ValueReply } } }, async () => {
  return { value };
});
app.put<{ Body: { value: string } }>(
  '/kv',
  { schema: { body: EntryBody, ...success } },
  async ({ body }) => {
    value = body.value;
    return { status: 'success' };
  },
);
app.delete('/kv', { schema: { body: KeyBody, ...success } }, async () => ({ status: 'success' }));
await app.listen({ host: '127.0.0.1', port });
