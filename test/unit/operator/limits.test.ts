// Bounds that must fit each other, or what stands elsewhere: the steps of a shutdown within the
// time that the kubelet gives, and what is asked of instances within the time between two looks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  contentionLimits,
  healthLimits,
  kubeLimits,
  leaseLimits,
  probeLimits,
  queueLimits,
  reconcileLimits,
  statusLimits,
  usageLimits,
} from '../../../operator/limits.ts';

const root = join(import.meta.dirname, '../../..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const numberIn = (path: string, pattern: RegExp) => Number(pattern.exec(textOf(path))?.[1]);

describe('a shutdown', () => {
  const { drainTimeoutMs, abortTimeoutMs } = reconcileLimits;
  // a release is tried twice
  const untilReleasedMs = drainTimeoutMs + abortTimeoutMs + 2 * leaseLimits.callTimeoutMs;
  const untilClosedMs = Math.max(kubeLimits.closeTimeoutMs, healthLimits.closeTimeoutMs);
  const graceMs =
    numberIn('config/manager/deployment.yaml', /terminationGracePeriodSeconds: (\d+)/) * 1000;

  it('has freed the Lease and closed everything before the kubelet ends it by force', () => {
    expect(untilReleasedMs + untilClosedMs).toBeLessThanOrEqual(graceMs - 5000);
  });

  it('leaves time to a call of the usual length', () => {
    expect(drainTimeoutMs).toBeGreaterThanOrEqual(10_000);
  });
});

describe('what is looked at again', () => {
  const resyncMs = reconcileLimits.resyncSeconds * 1000;

  it('because it is unknown is asked at each resync, even at the soonest', () => {
    const soonestMs = resyncMs * (1 - reconcileLimits.resyncJitter);
    expect(probeLimits.unknownIntervalMs).toBeLessThan(soonestMs);
    expect(probeLimits.unknownIntervalMs).toBeGreaterThan(soonestMs / 2);
  });

  it('of volumes is asked at each resync, and not much more often', () => {
    const soonestMs = resyncMs * (1 - reconcileLimits.resyncJitter);
    expect(usageLimits.intervalMs).toBeLessThan(soonestMs);
    expect(usageLimits.intervalMs).toBeGreaterThan(soonestMs / 2);
    expect(usageLimits.changeIntervalMs).toBeGreaterThan(usageLimits.intervalMs);
  });

  it('because it failed is looked at as soon as what succeeded', () => {
    expect(queueLimits.itemMaxDelayMs).toBeLessThanOrEqual(resyncMs);
  });
});

it('a contested child is remembered for longer than it waits', () => {
  expect(contentionLimits.calmMs).toBeGreaterThan(contentionLimits.maxDelayMs);
});

it('the status holds as many conditions as the schema allows', () => {
  expect(statusLimits.conditions).toBe(numberIn('crds/fields.ts', /conditions: (\d+)/));
});
