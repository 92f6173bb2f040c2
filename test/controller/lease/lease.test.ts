// Leader election on a Lease of a real API server, through proxies that misbehave: one leads,
// another takes over when it stops or is cut off, and at no time do both.
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { LeaderElection, type LeaseLimits, leaderIdentity } from '../../../operator/kube/lease.ts';
import { LEASE, specOf } from '../../../operator/kube/lease-record.ts';
import { leaseLimits } from '../../../operator/limits.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { startMisbehavingProxy } from '../../support/misbehaving-proxy.ts';
import { until } from '../../support/until.ts';
import { connect } from '../kube/connect.ts';

const controlPlane = useControlPlane({ crd: false });

/** A quarter of the usual times, so that a loss takes seconds. */
const QUICK: LeaseLimits = {
  ...leaseLimits,
  durationSeconds: 4,
  renewDeadlineMs: 2500,
  retryPeriodMs: 500,
  callTimeoutMs: 1000,
};

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

/** A candidate behind a proxy of its own; its work only notes that it is under way. */
async function startCandidate(name: string) {
  const proxy = await startMisbehavingProxy(controlPlane());
  const connected = await connect(proxy.kubeconfig);
  const election = new LeaderElection({
    client: connected.client,
    namespace: 'default',
    name,
    identity: leaderIdentity('candidate'),
    limits: QUICK,
  });
  const state = { begun: 0, working: false };
  const stopping = new AbortController();
  const running = election.run(stopping.signal, async (signal) => {
    state.begun += 1;
    state.working = true;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    state.working = false;
  });
  const stop = async () => {
    stopping.abort();
    await running;
  };
  ends.push(async () => {
    proxy.behaveWell();
    await stop();
    await connected.close();
    await proxy.stop();
  });
  return { proxy, election, state, stop };
}

/** The Lease as the API server has it. */
async function readLease(name: string) {
  const { client, close } = await connect(controlPlane().kubeconfig);
  const lease = await client.get(LEASE, 'default', name);
  await close();
  return lease && specOf(lease);
}

/** Watches two candidates closely; `overlaps` is how often both held the Lease or worked. */
function watchForOverlaps(one: Candidate, two: Candidate) {
  let overlaps = 0;
  const timer = setInterval(() => {
    if (one.election.isHeld() && two.election.isHeld()) overlaps += 1;
    if (one.state.working && two.state.working) overlaps += 1;
  }, 2);
  ends.push(async () => clearInterval(timer));
  return () => overlaps;
}

type Candidate = Awaited<ReturnType<typeof startCandidate>>;

describe('a Lease', () => {
  it('is made, renewed with one request each time, and given back', async () => {
    const name = randomUUID();
    const one = await startCandidate(name);
    await until('the candidate leads', () => one.state.working);
    const taken = await readLease(name);
    expect(taken).toMatchObject({ leaseDurationSeconds: 4, leaseTransitions: 0 });
    expect(taken?.acquireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await until(
      'it is renewed',
      async () => (await readLease(name))?.renewTime !== taken?.renewTime,
    );
    const puts = () => one.proxy.requests.filter(({ method }) => method === 'PUT').length;
    const before = { puts: puts(), all: one.proxy.requests.length };
    await until('it is renewed thrice more', () => puts() >= before.puts + 3);
    expect(one.proxy.requests.length - before.all).toBe(puts() - before.puts);
    await one.stop();
    const released = await readLease(name);
    expect([released?.holderIdentity ?? '', released?.leaseDurationSeconds]).toEqual(['', 1]);
  });

  it('goes to the next candidate when its holder stops', async () => {
    const name = randomUUID();
    const one = await startCandidate(name);
    await until('the first leads', () => one.state.working);
    const two = await startCandidate(name);
    const overlaps = watchForOverlaps(one, two);
    await until('the second has asked', () => two.proxy.requests.length > 1);
    expect(two.state.working).toBe(false);
    await one.stop();
    await until('the second leads', () => two.state.working);
    expect(overlaps()).toBe(0);
    expect((await readLease(name))?.leaseTransitions).toBe(1);
  });
});

describe('a holder that is cut off', () => {
  for (const kind of ['hang', 'reset', 'lose-answer'] as const) {
    it(`by a proxy that does ${kind} loses the Lease, and campaigns again`, async () => {
      const name = randomUUID();
      const one = await startCandidate(name);
      await until('the first leads', () => one.state.working);
      const two = await startCandidate(name);
      const overlaps = watchForOverlaps(one, two);
      one.proxy.behave(() => ({ kind }));
      await until('the first has given up', () => !one.state.working);
      expect(one.election.isHeld()).toBe(false);
      // a lost answer is a renewal all the same, so then the second waits until the first is cut
      // off
      if (kind === 'lose-answer') one.proxy.behave(() => ({ kind: 'reset' }));
      await until('the second leads', () => two.state.working);
      one.proxy.behaveWell();
      await two.stop();
      await until('the first leads again', () => one.state.working);
      expect([one.state.begun, overlaps()]).toEqual([2, 0]);
    });
  }
});

describe('candidates that begin together', () => {
  it('are led by one', async () => {
    const name = randomUUID();
    const all = await Promise.all([1, 2, 3].map(() => startCandidate(name)));
    await until('one leads', () => all.some(({ state }) => state.working));
    await until('each has asked twice', () => all.every(({ proxy }) => proxy.requests.length > 2));
    expect(all.filter(({ state }) => state.working)).toHaveLength(1);
  });
});

describe('the API server away for longer than the deadline', () => {
  it('ends the work, and it begins again when the server is back', async () => {
    const one = await startCandidate(randomUUID());
    await until('it leads', () => one.state.working);
    await controlPlane().stopApiServer();
    await until('it has given up', () => !one.state.working);
    await controlPlane().startApiServer();
    await until('it leads again', () => one.state.working);
    expect(one.state.begun).toBe(2);
  });
});
