// When an instance is asked through its Service: once for each change of its endpoints, until it
// answers, and not for ever where the operator cannot reach it.
import { describe, expect, it } from 'vitest';
import { objectKey } from '../../../../operator/kube/resource.ts';
import { probeLimits } from '../../../../operator/limits.ts';
import { type ProbeAnswer, Reachability } from '../../../../operator/reconcile/reachability.ts';
import type { Reach } from '../../../../operator/status/compute.ts';
import { dumbkv } from '../../../support/objects.ts';

const { signal } = new AbortController();
const FINE: ProbeAnswer = { statusCode: 200 };
const SICK: ProbeAnswer = { statusCode: 503 };
const AWAY: ProbeAnswer = { failure: 'ECONNREFUSED' };

/** A Reachability whose instances answer as told: each answer once, the last one for ever. */
function setup(...answers: ProbeAnswer[]) {
  const asked: string[] = [];
  const reachability = new Reachability(async (url) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? FINE;
    asked.push(url);
    return answer;
  });
  const check = (endpoints: string | undefined = 'a', object = dumbkv()): Promise<Reach> =>
    reachability.check(object, endpoints, signal);
  const checks = async (times: number): Promise<Reach> => {
    let reach = await check();
    for (let round = 1; round < times; round += 1) reach = await check();
    return reach;
  };
  return { asked, reachability, check, checks };
}

describe('an instance that answers', () => {
  it('is asked by a GET of its health, through its Service', async () => {
    const { asked, check } = setup(FINE);
    expect(await check()).toMatchObject({ status: 'True', reason: 'Answered' });
    expect(asked).toEqual(['http://orders.shop.svc/health']);
  });

  it('is asked once, however often it is looked at', async () => {
    const { asked, checks } = setup(FINE);
    expect(await checks(20)).toMatchObject({ status: 'True' });
    expect(asked).toHaveLength(1);
  });

  it('is asked again when its endpoints change, and once', async () => {
    const { asked, check } = setup(FINE);
    await check('a');
    await check('b');
    await check('b');
    expect(asked).toHaveLength(2);
  });

  it('is asked again after it had no endpoints, though they are the same as before', async () => {
    const { asked, check, reachability } = setup(FINE);
    await check('a');
    expect(await reachability.check(dumbkv(), undefined, signal)).toMatchObject({
      status: 'Unknown',
      reason: 'NotAsked',
    });
    await check('a');
    expect(asked).toHaveLength(2);
  });

  it('is asked again after it was forgotten', async () => {
    const { asked, check, reachability } = setup(FINE);
    await check();
    reachability.forget(objectKey(dumbkv().metadata));
    await check();
    expect(asked).toHaveLength(2);
  });

  it('answers for itself alone, even for one made anew under its name', async () => {
    const { asked, check } = setup(FINE, SICK);
    await check();
    const anew = dumbkv({ metadata: { uid: 'another' } });
    expect(await check('a', anew)).toMatchObject({ status: 'False' });
    expect(asked).toHaveLength(2);
  });
});

describe('an instance that does not answer with success', () => {
  it('is unhealthy, with its status and where to read more', async () => {
    const reach = await setup(SICK).check();
    expect(reach).toMatchObject({ status: 'False', reason: 'Unhealthy' });
    expect(reach.message).toContain('503');
    expect(reach.message).toContain('log');
  });

  it.each([204, 301, 404, 500])('is unhealthy with status %i', async (statusCode) => {
    expect(await setup({ statusCode }).check()).toMatchObject({ reason: 'Unhealthy' });
  });

  it('is asked until it does', async () => {
    const { asked, checks } = setup(SICK, SICK, FINE);
    expect(await checks(10)).toMatchObject({ status: 'True' });
    expect(asked).toHaveLength(3);
  });

  it('is asked for ever, since it was reached', async () => {
    const { asked, checks } = setup(SICK);
    expect(await checks(100)).toMatchObject({ status: 'False', reason: 'Unhealthy' });
    expect(asked).toHaveLength(100);
  });
});

describe('an instance that cannot be reached', () => {
  it('is unreachable, with the cause', async () => {
    const reach = await setup(AWAY).check();
    expect(reach).toMatchObject({ status: 'False', reason: 'Unreachable' });
    expect(reach.message).toContain('ECONNREFUSED');
  });

  it('says the same each time, so that the status does not flap', async () => {
    const { check } = setup(AWAY);
    expect(await check()).toEqual(await check());
  });

  it('is not known to be so after the last attempt, and is asked no more', async () => {
    const { asked, checks } = setup(AWAY);
    expect(await checks(probeLimits.attempts - 1)).toMatchObject({ reason: 'Unreachable' });
    expect(await checks(1)).toMatchObject({ status: 'Unknown', reason: 'NotVerified' });
    const reach = await checks(20);
    expect(reach.message).toContain('network policy');
    expect(asked).toHaveLength(probeLimits.attempts);
  });

  it('is given all attempts again when its endpoints change', async () => {
    const { check, checks } = setup(AWAY);
    await checks(probeLimits.attempts);
    expect(await check('b')).toMatchObject({ status: 'False', reason: 'Unreachable' });
  });

  it('is reachable as soon as it answers', async () => {
    const { checks } = setup(AWAY, AWAY, FINE);
    expect(await checks(3)).toMatchObject({ status: 'True' });
  });
});

describe('an operator outside the cluster', () => {
  it('asks nobody and says so', async () => {
    const outside = new Reachability(undefined);
    const reach = await outside.check(dumbkv(), 'a', signal);
    expect(reach).toMatchObject({ status: 'Unknown', reason: 'NotVerified' });
    expect(reach.message).toContain('outside the cluster');
  });

  it('still tells when there is nobody to ask', async () => {
    const outside = new Reachability(undefined);
    expect(await outside.check(dumbkv(), undefined, signal)).toMatchObject({ reason: 'NotAsked' });
  });
});
