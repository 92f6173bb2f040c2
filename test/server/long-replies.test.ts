// Long replies at the end of the server, which serves on for a moment.
// What is in them is in `v1-feed.test.ts` and `v1-transfer.test.ts`.
import { once } from 'node:events';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { LongReplies, readTexts } from '../../server/long-replies.ts';

async function* textsUntil(end: AbortSignal): AsyncGenerator<string> {
  yield 'begun ';
  if (!end.aborted) await once(end, 'abort');
  yield 'ended';
}

test('a reply that begins when the others have been ended ends too', async () => {
  const app = Fastify({ return503OnClosing: false });
  const replies = new LongReplies(app, 2);
  app.get('/', (_request, reply) => {
    const end = replies.begin(reply.raw);
    return reply.send(readTexts(textsUntil(end), reply.raw));
  });
  // a hook that comes after: the server still listens
  let late = '';
  app.addHook('preClose', async () => {
    late = await (await fetch(url)).text();
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const before = await fetch(url);
  const closed = app.close();
  expect(await before.text()).toBe('begun ended');
  await closed;
  expect(late).toBe('begun ended');
});
