// Bounds that only make sense together.
// That the server keeps them is tested in test/server/.
import { expect, test } from 'vitest';
import { limits } from '../../../server/limits.ts';

test('every bound is a positive whole number with its unit in its name', () => {
  const unit =
    /(Bytes|Ms|Seconds|Factor|Kib|Characters|Fields|Named|Connections|Tokens|Key|database)/;
  for (const [name, bound] of Object.entries(limits)) {
    expect(Number.isInteger(bound) && bound > 0, name).toBe(true);
    expect(name).toMatch(new RegExp(`${unit.source}|Max$`, 'i'));
  }
});

test('the largest legal body fits, however its characters are escaped', () => {
  const escaped = (bytes: number) => '\\u0000'.repeat(bytes);
  const body =
    `{ "database": ${limits.databaseMax}, "key": "${escaped(limits.keyBytesMax)}", ` +
    `"value": "${escaped(limits.valueBytesMax)}" }`;
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(limits.bodyBytesMax);
});

test('headers have to come before the whole request does', () => {
  expect(limits.headersTimeoutMs).toBeLessThan(limits.requestTimeoutMs);
});

test('a proxy gives up an idle connection before the server does', () => {
  const usualProxyMs = 60_000;
  expect(limits.keepAliveTimeoutMs).toBeGreaterThan(usualProxyMs);
  expect(limits.idleSocketTimeoutMs).toBeGreaterThan(limits.keepAliveTimeoutMs);
});

test('the shutdown is over within five seconds, the cut of connections before that', () => {
  expect(limits.shutdownDrainMs).toBeLessThan(limits.shutdownGraceMs);
  const spentMs = limits.shutdownGraceMs + limits.tracesFlushMs;
  expect(spentMs).toBeLessThan(limits.shutdownTimeoutMs);
  expect(limits.shutdownTimeoutMs).toBeLessThan(5_000);
});

test('a data key makes no more seals than random nonces allow', () => {
  expect(limits.sealsPerDataKeyMax).toBeLessThanOrEqual(2 ** 32);
});

test('nobody can change them', () => {
  expect(Object.isFrozen(limits)).toBe(true);
});
