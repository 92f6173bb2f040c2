// When an instance is asked through its Service, and what holds until it answers: the former answer
// holds while it is asked, its own word counts at once, and what may be chance only when met again.
import { describe, expect, it } from 'vitest';
import { objectKey } from '../../../../operator/kube/resource.ts';
import { probeLimits } from '../../../../operator/limits.ts';
import { ASKING, type ProbeAnswer, reachFrom } from '../../../../operator/status/reach.ts';
import { dumbkv } from '../../../support/objects.ts';
import { askedWith } from './asked-with.ts';

const FINE: ProbeAnswer = { outcome: 'healthy', detail: '200' };
const SICK: ProbeAnswer = { outcome: 'unhealthy', detail: '503 DKV_STORE_FAILED' };
const AWAY: ProbeAnswer = { outcome: 'refused', detail: 'ECONNREFUSED' };
const SILENT: ProbeAnswer = { outcome: 'silent', detail: 'no answer in time' };
const MESH: ProbeAnswer = { outcome: 'intercepted', detail: 'status 403' };

/** A DumbKV whose status says that it was found so, as after a restart of the operator. */
const found = (answer: ProbeAnswer) => {
  const lastTransitionTime = '2029-01-01T00:00:00Z';
  const condition = { type: 'Reachable', lastTransitionTime, ...reachFrom(answer) };
  return { ...dumbkv(), status: { conditions: [condition] } };
};

describe('an instance that answers', () => {
  it('is asked by a GET of its health, through its Service, beside the look at it', async () => {
    const { asked, look, news, answered } = askedWith(FINE);
    expect(look()).toEqual(ASKING);
    expect(asked).toEqual(['http://orders.shop.svc/health']);
    expect(news).toEqual([]);
    await answered();
    expect(news).toEqual(['shop/orders']);
    expect(look()).toMatchObject({ status: 'True', reason: 'Answered' });
  });

  it('is asked once, however often it is looked at, before the answer and after', async () => {
    const { asked, look, answered, clock } = askedWith(FINE);
    for (let times = 0; times < 20; times += 1) look();
    await answered();
    for (let times = 0; times < 20; times += 1) look();
    await clock.advance(3_600_000);
    expect(look()).toMatchObject({ status: 'True' });
    expect(asked).toHaveLength(1);
  });

  it('is asked again, once, when its endpoints change; till then it is not known', async () => {
    const { asked, look, answered } = askedWith(FINE);
    look('a');
    await answered();
    expect(look('b')).toEqual(ASKING);
    look('b');
    await answered();
    expect(look('b')).toMatchObject({ status: 'True' });
    expect(asked).toHaveLength(2);
  });

  it('is known to answer while one of its endpoints is left, and asked again', async () => {
    const { asked, look, answered, news } = askedWith(FINE);
    look('a,b');
    await answered();
    expect(look('b,c')).toMatchObject({ status: 'True' });
    await answered();
    expect(asked).toHaveLength(2);
    expect(news).toHaveLength(1);
    expect(look('bc,d')).toEqual(ASKING);
  });

  it('is asked again after it had no endpoints, though they are the same as before', async () => {
    const { asked, look, answered, reachability } = askedWith(FINE);
    look('a');
    await answered();
    expect(reachability.look(dumbkv(), undefined)).toMatchObject({ reason: 'NotAsked' });
    // even if the status could not be written meanwhile, and still tells of the former answer
    expect(look('a', found(FINE))).toEqual(ASKING);
    expect(asked).toHaveLength(2);
  });

  it('is asked again after it was forgotten', async () => {
    const { asked, look, answered, reachability } = askedWith(FINE);
    look();
    await answered();
    reachability.forget(objectKey(dumbkv().metadata));
    look();
    expect(asked).toHaveLength(2);
  });

  it('answers for itself alone, even for one made anew under its name', async () => {
    const { asked, look, answered } = askedWith(FINE, SICK);
    look();
    await answered();
    const anew = dumbkv({ metadata: { uid: 'another' } });
    expect(look('a', anew)).toEqual(ASKING);
    await answered();
    expect(look('a', anew)).toMatchObject({ status: 'False' });
    expect(asked).toHaveLength(2);
  });
});

describe('after a restart of the operator', () => {
  it.each([FINE, SICK, AWAY, SILENT, MESH])(
    'the former answer holds while it is asked ($outcome), and is no news if it is the same',
    async (former) => {
      const { asked, look, news, answered, clock } = askedWith(former);
      for (let times = 0; times < 5; times += 1) {
        expect(look('a', found(former))).toEqual(reachFrom(former));
        await answered();
        await clock.advance(10_000);
      }
      expect(asked.length).toBeGreaterThan(0);
      expect(news).toEqual([]);
    },
  );

  it('what may be chance overturns nothing before it was met three times', async () => {
    const { asked, look, news, clock } = askedWith(AWAY);
    look('a', found(FINE));
    await clock.advance(probeLimits.retryBaseMs);
    expect(asked).toHaveLength(2);
    expect(look('a', found(FINE))).toMatchObject({ status: 'True' });
    expect(news).toEqual([]);
    await clock.advance(10_000);
    expect(look('a', found(FINE))).toMatchObject({ status: 'False', reason: 'Unreachable' });
    expect(news).toEqual(['shop/orders']);
  });

  it('the word of the server does, at once', async () => {
    const { look, answered } = askedWith(SICK);
    look('a', found(FINE));
    await answered();
    expect(look('a', found(FINE))).toMatchObject({ status: 'False', reason: 'Unhealthy' });
  });
});

describe('an instance that does not answer with success', () => {
  it('is unhealthy, with its status and where to read more', async () => {
    const { look, answered } = askedWith(SICK);
    look();
    await answered();
    expect(look()).toMatchObject({ status: 'False', reason: 'Unhealthy' });
    expect(look().message).toContain('503');
  });

  it('is asked until it does, without a look, and that is news', async () => {
    const { asked, look, news, clock } = askedWith(SICK, SICK, FINE);
    look();
    await clock.advance(60_000);
    expect(asked).toHaveLength(3);
    expect(news).toHaveLength(2);
    expect(look()).toMatchObject({ status: 'True' });
  });

  it.each([SICK, AWAY])('is asked less and less often, but for ever ($outcome)', async (answer) => {
    const { askedAtMs, look, clock } = askedWith(answer);
    look();
    await clock.advance(240_000);
    const pauses = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? 0));
    expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('is news once, not each time', async () => {
    const { look, news, clock } = askedWith(AWAY);
    look();
    await clock.advance(600_000);
    expect(news).toHaveLength(1);
  });
});

describe('an instance that cannot be asked', () => {
  it.each([
    [SILENT, 'NotVerified'],
    [MESH, 'Intercepted'],
  ] as const)('is unknown after three tries ($outcome)', async (answer, reason) => {
    const { asked, look, clock } = askedWith(answer);
    look();
    await clock.advance(5000);
    expect(look()).toEqual(ASKING);
    await clock.advance(1000);
    expect(asked).toHaveLength(3);
    expect(look()).toMatchObject({ status: 'Unknown', reason });
  });

  it('is asked again at the next resync, by the look, and at no other', async () => {
    const { asked, look, clock } = askedWith(SILENT);
    look();
    await clock.advance(6000);
    for (let times = 0; times < 10; times += 1) look();
    await clock.advance(120_000);
    look();
    expect(asked).toHaveLength(3);
    await clock.advance(150_000);
    expect(asked).toHaveLength(3);
    look();
    expect(asked).toHaveLength(4);
    expect(look()).toMatchObject({ status: 'Unknown', reason: 'NotVerified' });
  });

  it('is reachable as soon as it answers', async () => {
    const { look, clock } = askedWith(SILENT, SILENT, SILENT, FINE);
    look();
    await clock.advance(6000);
    await clock.advance(270_000);
    expect(look()).toMatchObject({ status: 'Unknown' });
    await clock.advance(1);
    expect(look()).toMatchObject({ status: 'True' });
  });

  it('stays unknown when its endpoints change, until it is asked', async () => {
    const { asked, look, clock } = askedWith(SILENT);
    look('a');
    await clock.advance(6000);
    expect(look('b')).toMatchObject({ status: 'Unknown', reason: 'NotVerified' });
    expect(asked).toHaveLength(4);
  });

  it('is not unknown for silence now and then among refusals', async () => {
    const mixed = [AWAY, SILENT, AWAY, SILENT, AWAY, AWAY, AWAY];
    const { look, clock } = askedWith(...mixed);
    look();
    await clock.advance(60_000);
    expect(look()).toEqual(ASKING);
    await clock.advance(120_000);
    expect(look()).toMatchObject({ status: 'False', reason: 'Unreachable' });
  });
});

describe('an operator outside the cluster', () => {
  it('asks nobody and says so', () => {
    const { look, asked } = askedWith();
    expect(look()).toMatchObject({ status: 'Unknown', reason: 'NotVerified' });
    expect(look().message).toContain('outside the cluster');
    expect(look('a', found(FINE))).toMatchObject({ reason: 'NotVerified' });
    expect(asked).toEqual([]);
  });

  it('still tells when there is nobody to ask', () => {
    expect(askedWith().reachability.look(dumbkv(), undefined)).toMatchObject({
      reason: 'NotAsked',
    });
  });
});
