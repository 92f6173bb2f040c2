// An API server that answers late: what a candidate may believe of its Lease counts from before it
// asked, since nobody knows when on the way the Lease was written.
import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { LeaseServer, startCandidate } from './lease-fixture.ts';

it('a renewal whose answer comes late holds no longer than one that comes at once', async () => {
  const clock = new FakeClock();
  const one = startCandidate(new LeaseServer(), clock, 'one');
  await settle();
  const late = Promise.withResolvers<void>();
  one.way.answersAfter = late.promise;
  await clock.advance(5000);
  expect(one.election.heldUntilMs()).toBe(10_000);
  late.resolve();
  await settle();
  expect(one.election.heldUntilMs()).toBe(12_000);
  one.stop();
  await clock.advance(60_000);
  await one.running;
});
