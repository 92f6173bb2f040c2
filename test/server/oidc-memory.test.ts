// What is remembered of a token of an issuer: its signature is checked once, and never for longer
// than it counts.
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { AUDIENCE, startIssuer } from './support/issuer.ts';
import { openCallers } from './support/jwt-callers.ts';
import { waitFor } from './support/wait-for.ts';

test('a token that was checked is answered at once, with the same caller', async () => {
  const issuer = await startIssuer();
  const { callers, accessOf } = openCallers(issuer);
  const token = await issuer.sign();
  // the first keys end what was found while they came
  await accessOf(await issuer.sign({ sub: 'before' }));
  const found = await callers.callerOf(token);
  expect(found).toMatchObject({ access: 'read-write' });
  expect(callers.callerOf(token)).toBe(found);
});

test('a token that was refused is not remembered', async () => {
  const issuer = await startIssuer();
  const { callers } = openCallers(issuer);
  const token = await issuer.sign({ aud: 'another-service' });
  expect(await callers.callerOf(token)).toBeUndefined();
  expect(callers.callerOf(token)).toBeInstanceOf(Promise);
});

test('a remembered token ends when it expires', async () => {
  const issuer = await startIssuer();
  const { callers, accessOf } = openCallers(issuer);
  const nowSeconds = Math.floor(Date.now() / 1000);
  const exp = nowSeconds - limits.oidcClockToleranceSeconds + 2;
  const token = await issuer.sign({ exp });
  const found = await callers.callerOf(token);
  expect(found?.expiresAtMs).toBe((exp + limits.oidcClockToleranceSeconds) * 1000);
  await waitFor('its end', async () => (await accessOf(token)) === undefined);
});

test('only so many are remembered, and the oldest goes first', async () => {
  const issuer = await startIssuer();
  const { callers, accessOf } = openCallers(issuer, {}, {}, 3);
  await accessOf(await issuer.sign({ sub: 'before' }));
  const tokens = await Promise.all(
    ['a', 'b', 'c', 'd'].map((sub) => issuer.sign({ sub, aud: AUDIENCE })),
  );
  for (const token of tokens) await accessOf(token);
  const remembered = tokens.map((token) => !(callers.callerOf(token) instanceof Promise));
  expect(remembered).toEqual([false, true, true, true]);
});
