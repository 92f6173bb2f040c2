// Children that do not stay as they were written: how long each is left alone, and what is told.
import { describe, expect, it } from 'vitest';
import { SERVICE } from '../../../../operator/api/resources.ts';
import { applyChild } from '../../../../operator/apply/apply.ts';
import { Contention } from '../../../../operator/apply/contention.ts';
import { service } from '../../../../operator/builders/service.ts';
import type { ApplyOptions } from '../../../../operator/kube/client.ts';
import type { KubeObject, ResourceType } from '../../../../operator/kube/resource.ts';
import { contentionLimits } from '../../../../operator/limits.ts';
import { altered } from '../../../support/alteration.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { dumbkv } from '../../../support/objects.ts';
import { RecordingClient, refusal } from '../../../support/recording-client.ts';
import { setting } from './setting.ts';

const { immediateWrites, baseDelayMs, maxDelayMs, undoneRetryMs } = contentionLimits;
const SECOND_MS = 1000;

/** Changes what is applied, and knows who manages what. */
class PolicedClient extends RecordingClient {
  /** What becomes of each object that is applied. */
  policy: object | undefined;
  /** What an apply that overrules nobody is answered. */
  objection: Error | undefined;
  tries = 0;

  override async apply(type: ResourceType, object: KubeObject, options: ApplyOptions = {}) {
    if (options.dryRun && options.force === false) {
      this.tries += 1;
      if (this.objection !== undefined) throw this.objection;
      return object;
    }
    return super.apply(type, this.policy ? altered(object, this.policy) : object, options);
  }
}

/** A Service as it is applied, and as others change it. */
async function contested() {
  const { cache, clock, troubles, context: given } = setting();
  const client = new PolicedClient();
  const context = { ...given, client };
  let desired = service(dumbkv());
  const apply = async () =>
    (await applyChild(dumbkv(), { type: SERVICE, object: desired }, context)).result;
  const edit = (alteration: object = { spec: { type: 'NodePort' } }) => {
    client.amend(SERVICE, 'shop', 'orders', alteration);
    cache.put(SERVICE, client.peek(SERVICE, 'shop', 'orders') as KubeObject);
  };
  const want = (alteration: object) => {
    desired = altered(desired, alteration);
  };
  await apply();
  client.actions.length = 0;
  return { client, clock, troubles, contention: context.contention, apply, edit, want };
}

type Contested = Awaited<ReturnType<typeof contested>>;

/** Somebody changes it, and it is put back if it is time to. */
async function round({ apply, edit }: Contested) {
  edit();
  return apply();
}

/** It was put back so often that the next time has to wait. */
async function worn(): Promise<Contested> {
  const made = await contested();
  for (let turn = 0; turn < immediateWrites; turn += 1) {
    expect(await round(made)).toBe('updated');
  }
  return made;
}

describe('a child that somebody sets back each time', () => {
  it('is put back at once a few times, and then after ever longer pauses', async () => {
    const made = await worn();
    for (const seconds of [1, 2, 4, 8]) {
      expect(await round(made)).toBe('unchanged');
      await made.clock.advance(seconds * SECOND_MS - 1);
      expect(await made.apply()).toBe('unchanged');
      await made.clock.advance(1);
      expect(await made.apply()).toBe('updated');
    }
  });

  it('waits for no more than the longest pause', async () => {
    const made = await worn();
    for (let turn = 0; turn < 20; turn += 1) {
      await made.clock.advance(maxDelayMs);
      expect(await round(made)).toBe('updated');
    }
  });

  it('costs no call while it waits, and is due by itself', async () => {
    const made = await worn();
    made.edit();
    made.client.actions.length = 0;
    await made.apply();
    expect(made.client.actions).toEqual([]);
    expect(made.contention.nextSeconds('shop/orders')).toBe(baseDelayMs / SECOND_MS);
    await made.clock.advance(baseDelayMs);
    expect(made.contention.nextSeconds('shop/orders')).toBeUndefined();
  });

  it('is put back at once when something else is asked', async () => {
    const made = await worn();
    made.want({ metadata: { labels: { team: 'a' } } });
    expect(await round(made)).toBe('updated');
    expect(await round(made)).toBe('updated');
  });

  it('is put back at once when there was peace for long enough', async () => {
    const made = await worn();
    await made.clock.advance(2 * maxDelayMs);
    for (let turn = 0; turn < immediateWrites; turn += 1) {
      expect(await round(made)).toBe('updated');
    }
    expect(await round(made)).toBe('unchanged');
  });

  it('is put back at once when its DumbKV is another one', async () => {
    const made = await worn();
    made.contention.forget('shop/orders');
    expect(made.contention.nextSeconds('shop/orders')).toBeUndefined();
    expect(await round(made)).toBe('updated');
  });
});

describe('who sets it back', () => {
  const objection = refusal('PATCH', '/orders', 409, 'Conflict', {
    details: {
      causes: [
        { message: 'conflict with "hpa" using v1', field: '.spec.type' },
        { message: 'conflict with "x y" with subresource "scale" using v1', field: '.spec.a' },
      ],
    },
  });
  const told = async (answer: Error | undefined) => {
    const made = await worn();
    made.client.objection = answer;
    await made.clock.advance(baseDelayMs);
    await round(made);
    return made;
  };

  it('is what the API server says to an apply that overrules nobody, and told', async () => {
    const { troubles } = await told(objection);
    expect(troubles).toEqual([
      {
        kind: 'Service',
        reason: 'Contested',
        message:
          'Service "orders" was put back 5 times, and "hpa" (.spec.type) and "x y" (.spec.a) ' +
          'changed it again each time. It is put back more and more rarely now; stop the other ' +
          'manager from writing these fields.',
      },
    ]);
  });

  it.each<[string, Error | undefined]>([
    ['when nobody manages the field', undefined],
    ['when the API server says something else', refusal('PATCH', '/x', 403, 'Forbidden')],
  ])('is somebody %s', async (_case, answer) => {
    const { troubles } = await told(answer);
    expect(troubles[0]?.message).toContain('times, and somebody changed it');
  });

  it('is asked and told once', async () => {
    const made = await told(objection);
    for (let turn = 0; turn < 5; turn += 1) {
      await made.clock.advance(maxDelayMs);
      await round(made);
    }
    expect(made.client.tries).toBe(1);
    expect(made.troubles).toHaveLength(1);
  });

  it('is left open where no answer comes, and the reconcile begins anew', async () => {
    await expect(told(new Error('connection lost'))).rejects.toThrow('connection lost');
  });
});

describe('a child that is changed as it is written', () => {
  const undone = async () => {
    const made = await contested();
    made.client.policy = { spec: { type: 'NodePort' } };
    await round(made);
    return made;
  };

  it('is not asked again while neither side changes', async () => {
    const made = await undone();
    made.client.actions.length = 0;
    for (let look = 0; look < 5; look += 1) {
      await made.clock.advance(maxDelayMs);
      expect(await made.apply()).toBe('unchanged');
    }
    expect(made.client.actions).toEqual([]);
    expect(made.contention.nextSeconds('shop/orders')).toBeUndefined();
  });

  it.each<[string, (made: Contested) => unknown]>([
    ['somebody changes it', ({ edit }) => edit({ metadata: { labels: { team: 'a' } } })],
    ['something else is asked', ({ want }) => want({ metadata: { labels: { team: 'a' } } })],
    ['a long time has passed', ({ clock }) => clock.advance(undoneRetryMs)],
  ])('is asked again when %s', async (_case, change) => {
    const made = await undone();
    await change(made);
    await made.apply();
    expect(made.client.writeTitles).toEqual(['apply Service orders', 'apply Service orders']);
  });

  it('is told once, with the field', async () => {
    const made = await undone();
    await round(made);
    await made.clock.advance(undoneRetryMs);
    await made.apply();
    expect(made.client.writes).toHaveLength(3);
    expect(made.troubles).toEqual([
      {
        kind: 'Service',
        reason: 'Undone',
        message: expect.stringMatching(/^Service "orders" was written, but spec.type is not as /),
      },
    ]);
  });

  it('is no longer left alone when the policy is gone and it was asked again', async () => {
    const made = await undone();
    made.client.policy = undefined;
    await round(made);
    expect(made.client.peek(SERVICE, 'shop', 'orders')?.spec).toMatchObject({ type: 'ClusterIP' });
    expect(await made.apply()).toBe('unchanged');
    expect(await round(made)).toBe('updated');
  });
});

describe('the memory', () => {
  it('keeps children apart, by their names and by their DumbKVs', () => {
    const clock = new FakeClock();
    const memory = new Contention(() => clock.nowMs());
    const live: KubeObject = { metadata: { name: 'x', resourceVersion: '1' } };
    const keys = ['shop/a', 'shop/b'].flatMap((owner) =>
      ['Service/a', 'Ingress/a'].map((child) => ({ owner, child })),
    );
    memory.noteWrite({ owner: 'shop/a', child: 'Service/a' }, 'hash', '1');
    const areHeld = keys.map((key) => memory.isTooEarly(key, 'hash', live));
    expect(areHeld).toEqual([true, false, false, false]);
  });
});
