// Imports by those who send little, but send on: what came is stored and told, and the token looked
// at, each second, by a clock that the test turns.
// Imports over real connections are in `v1-import.test.ts`.
import { expect, onTestFinished, test } from 'vitest';
import { Import, type ImportProgress } from '../../server/import.ts';
import { limits } from '../../server/limits.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openFileStore, openV1, urlOf } from './support/open-v1.ts';
import { openImport } from './support/transfer.ts';

const lineOf = (key: string) => `${JSON.stringify({ key, value: 'v' })}\n`;

/** A sender whose every part comes when so much time is over: never late, and never done. */
async function slowImport(parts: readonly string[], eachMs: number) {
  const store = await openFileStore();
  onTestFinished(() => store.close());
  const clock = { nowMs: 0 };
  const token = { counts: true };
  let sent = 0;
  const next = async () => {
    clock.nowMs += eachMs;
    const part = parts[sent];
    sent += 1;
    return part === undefined ? ('end' as const) : Buffer.from(part);
  };
  const run = new Import({
    ...{ store, database: 0, fromLine: 1, skipsExisting: false, parts: { next } },
    isStillAllowed: async () => token.counts,
    nowMs: Date.now,
    steadyNowMs: () => clock.nowMs,
  }).run();
  const told = async (): Promise<ImportProgress | undefined> => (await run.next()).value;
  return { store, token, told, sent: () => sent };
}

const lines = Array.from({ length: 10 }, (_, i) => lineOf(`k${i}`));
const QUARTER_MS = limits.importCheckMs / 4;

test('what comes slowly is stored and told each second', async () => {
  const { store, told, sent } = await slowImport(lines, QUARTER_MS);
  expect(await told()).toMatchObject({ lines: 4, imported: 4 });
  expect(sent()).toBe(4);
  expect((await store.state()).keys).toBe(4);
  expect(await told()).toMatchObject({ lines: 8, imported: 8 });
  expect(await told()).toMatchObject({ lines: 10, imported: 10 });
});

test('nothing is stored for a token that has ended', async () => {
  const { store, token, told, sent } = await slowImport(lines, QUARTER_MS);
  await told();
  token.counts = false;
  const refused = { code: 'DKV_TOKEN_INVALID', members: { lines: 4 } };
  await expect(told()).rejects.toMatchObject(refused);
  expect(sent()).toBe(8);
  expect((await store.state()).keys).toBe(4);
});

test.each([
  ['a line that does not end', Array.from({ length: 9 }, () => 'x')],
  ['lines without anything', Array.from({ length: 9 }, () => '\n')],
])('%s keeps no ended token alive', async (_, parts) => {
  const { token, told, sent } = await slowImport(parts, QUARTER_MS);
  token.counts = false;
  await expect(told()).rejects.toMatchObject({ code: 'DKV_TOKEN_INVALID' });
  expect(sent()).toBe(4);
});

test('over a connection, an ended token ends an import that goes on and on', async () => {
  const tokens = fixedTokens('first');
  const url = await urlOf(await openV1({ tokens }));
  const running = openImport(`${url}/v1/databases/0/import`, 'first');
  // more often than an import waits for more
  const drip = setInterval(() => running.request.write('\n'), limits.importFlushMs / 4);
  onTestFinished(() => clearInterval(drip));
  await running.until('the first second to be over', ({ lines }) => lines !== undefined);
  tokens.change('second');
  const { problem } = await running.until('the end', (line) => line.problem !== undefined);
  expect(problem).toMatchObject({ status: 401, code: 'DKV_TOKEN_INVALID' });
});
