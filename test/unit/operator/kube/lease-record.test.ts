// The Lease as data: whose it is, when it may be taken, and that time is measured by one clock
// only.
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/client.ts';
import {
  heldLease,
  isTakeable,
  type LeaseSpec,
  microTime,
  newLease,
  observe,
  releasedLease,
  specOf,
} from '../../../../operator/kube/lease-record.ts';

const noon = new Date('2030-01-01T12:00:00.250Z');
const later = new Date('2030-01-01T12:00:02.000Z');
const NOON = '2030-01-01T12:00:00.250000Z';
const LATER = '2030-01-01T12:00:02.000000Z';

/** Who writes in these tests, at this time. */
const as = (identity: string, time: Date) => ({ identity, time, durationSeconds: 15 });

const made = newLease('system', 'operator', as('a', noon));

/** A Lease with this spec. */
function lease(spec: LeaseSpec): KubeObject {
  return { metadata: { namespace: 'system', name: 'operator' }, spec };
}

describe('times', () => {
  it('have six digits after the second', () => {
    expect(microTime(noon)).toBe(NOON);
  });
});

describe('writing', () => {
  it('a new Lease', () => {
    expect(made).toEqual(
      lease({
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: NOON,
        renewTime: NOON,
        leaseTransitions: 0,
      }),
    );
  });

  it('a renewal, which keeps when it was taken and what others wrote', () => {
    const kept: KubeObject = { ...made, metadata: { ...made.metadata, resourceVersion: '7' } };
    const renewed = heldLease(kept, as('a', later));
    expect(renewed.metadata.resourceVersion).toBe('7');
    expect(specOf(renewed)).toEqual({ ...specOf(made), renewTime: LATER });
  });

  it('a change of hands, which counts', () => {
    expect(specOf(heldLease(made, as('b', later)))).toMatchObject({
      holderIdentity: 'b',
      acquireTime: LATER,
      leaseTransitions: 1,
    });
  });

  it('a Lease of a holder who left its own time out', () => {
    const spec = specOf(heldLease(lease({ holderIdentity: 'a' }), as('a', later)));
    expect(spec).toMatchObject({ acquireTime: LATER, leaseTransitions: 0 });
  });

  it('a Lease given back, which lasts a second and belongs to nobody', () => {
    expect(specOf(releasedLease(made, later))).toMatchObject({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: LATER,
      leaseTransitions: 0,
    });
  });
});

describe('taking', () => {
  const observed = observe(undefined, made, 1000);

  it('is not for others until the duration has passed without a change', () => {
    expect(isTakeable(observed, 'b', 16_000)).toBe(false);
    expect(isTakeable(observed, 'b', 16_001)).toBe(true);
  });

  it('is for the holder at any time', () => {
    expect(isTakeable(observed, 'a', 1001)).toBe(true);
  });

  it('is for everybody when it belongs to nobody', () => {
    for (const free of [lease({}), lease({ holderIdentity: '' }), { metadata: made.metadata }]) {
      expect(isTakeable(observe(undefined, free, 0), 'b', 1)).toBe(true);
    }
  });

  it('begins its wait anew with each renewal that is seen', () => {
    const renewed = observe(observed, heldLease(made, as('a', later)), 9000);
    expect(isTakeable(renewed, 'b', 23_999)).toBe(false);
    expect(isTakeable(renewed, 'b', 24_001)).toBe(true);
  });

  it('does not begin its wait anew for a change that is no renewal', () => {
    const metadata = { ...made.metadata, resourceVersion: '99', annotations: { a: 'b' } };
    const again = observe(observed, { ...made, metadata }, 9000);
    expect(isTakeable(again, 'b', 16_001)).toBe(true);
  });

  it('does not read the times of another host', () => {
    const ancient = lease({ ...specOf(made), renewTime: '1999-01-01T00:00:00.000000Z' });
    expect(isTakeable(observe(undefined, ancient, 1000), 'b', 15_000)).toBe(false);
    const future = lease({ ...specOf(made), renewTime: '2999-01-01T00:00:00.000000Z' });
    expect(isTakeable(observe(undefined, future, 1000), 'b', 17_000)).toBe(true);
  });

  it('waits for as long as the holder said, or the usual time where it said nothing', () => {
    const long = observe(undefined, lease({ holderIdentity: 'a', leaseDurationSeconds: 60 }), 0);
    const unsaid = observe(undefined, lease({ holderIdentity: 'a' }), 0);
    expect([isTakeable(long, 'b', 60_000), isTakeable(long, 'b', 60_001)]).toEqual([false, true]);
    expect([isTakeable(unsaid, 'b', 15_000), isTakeable(unsaid, 'b', 15_001)]).toEqual([
      false,
      true,
    ]);
  });
});
