// What is told of children that do not stay as they were written, and for how long it holds.
import { describe, expect, it } from 'vitest';
import { contentionLimits } from '../../../../operator/limits.ts';
import { refusal } from '../../../support/recording-client.ts';
import { contested, round, worn } from './contested.ts';

const { baseDelayMs, maxDelayMs, calmMs } = contentionLimits;
const SECOND_MS = 1000;
const PART_OF = 'app.kubernetes.io/part-of';

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
    made.edit();
    return { ...made, trouble: (await made.applied()).trouble };
  };

  it('is what the API server says to an apply that overrules nobody', async () => {
    const { trouble } = await told(objection);
    expect(trouble).toEqual({
      ...{ kind: 'Service', reason: 'Contested', isAboutSpec: true, isTold: false },
      message:
        'Service "orders" was put back 5 times, and "hpa" (.spec.type) and "x y" (.spec.a) ' +
        'changed it again each time. It is put back more and more rarely now; stop the other ' +
        'manager from writing these fields.',
    });
  });

  it.each<[string, Error | undefined]>([
    ['when nobody manages the field', undefined],
    ['when the API server says something else', refusal('PATCH', '/x', 403, 'Forbidden')],
  ])('is somebody %s', async (_case, answer) => {
    const { trouble } = await told(answer);
    expect(trouble?.message).toContain('times, and somebody changed it');
  });

  it('is asked once, and the trouble stays the same', async () => {
    const made = await told(objection);
    for (let turn = 0; turn < 5; turn += 1) {
      await made.clock.advance(maxDelayMs);
      made.edit();
      expect((await made.applied()).trouble).toBe(made.trouble);
    }
    expect(made.client.tries).toBe(1);
  });

  it('is no trouble where the write of it fails', async () => {
    const made = await worn();
    await made.clock.advance(baseDelayMs);
    made.client.refuse('apply', 'Service', refusal('PATCH', '/orders', 409, 'Conflict'));
    await expect(round(made)).rejects.toThrow('Conflict');
    made.client.allowAll();
    expect((await made.applied()).trouble).toMatchObject({ reason: 'Contested', isTold: false });
  });

  it('is left open where no answer comes, and the reconcile begins anew', async () => {
    await expect(told(new Error('connection lost'))).rejects.toThrow('connection lost');
  });

  it('is a trouble until the child has stayed as it is asked for long enough', async () => {
    const { clock, applied, trouble, contention } = await told(objection);
    await clock.advance(calmMs - 1);
    expect(await applied()).toMatchObject({ result: 'unchanged', trouble });
    expect(contention.nextSeconds('shop/orders')).toBe(1 / SECOND_MS);
    await clock.advance(1);
    expect((await applied()).trouble).toBeUndefined();
  });
});

describe('a child that is changed as it is written', () => {
  const undone = async (policy: object = { spec: { type: 'NodePort' } }) => {
    const made = await contested();
    made.client.policy = policy;
    made.edit(policy);
    return { ...made, trouble: (await made.applied()).trouble };
  };

  it('is asked again after ever longer pauses, whoever changes it between', async () => {
    const made = await undone();
    for (const seconds of [1, 2, 4, 8]) {
      expect(made.contention.nextSeconds('shop/orders')).toBe(seconds);
      made.edit({ metadata: { labels: { turn: `${seconds}` } } });
      await made.clock.advance(seconds * SECOND_MS - 1);
      expect(await made.applied()).toMatchObject({ result: 'unchanged', trouble: made.trouble });
      await made.clock.advance(1);
      made.client.actions.length = 0;
      expect((await made.applied()).trouble).toBe(made.trouble);
      expect(made.client.writeTitles).toEqual(['apply Service orders']);
    }
  });

  it('is asked again after five minutes at the latest', async () => {
    const made = await undone();
    for (let turn = 0; turn < 20; turn += 1) {
      await made.clock.advance(maxDelayMs);
      made.client.actions.length = 0;
      await made.applied();
      expect(made.client.writes).toHaveLength(1);
    }
  });

  it('is asked again at once when something else is asked', async () => {
    const made = await undone();
    made.want({ metadata: { labels: { team: 'a' } } });
    made.client.actions.length = 0;
    await made.apply();
    expect(made.client.writeTitles).toEqual(['apply Service orders']);
  });

  it.each<[string, object, boolean, string]>([
    ['of what it is to do', { spec: { type: 'NodePort' } }, true, 'spec.type'],
    ['of its marks', { metadata: { labels: { [PART_OF]: 'x' } } }, false, 'metadata.labels'],
    [
      'of both',
      { metadata: { labels: { [PART_OF]: 'x' } }, spec: { type: 'NodePort' } },
      true,
      'spec.type',
    ],
  ])('is a trouble, with a field %s', async (_case, policy, isAboutSpec, path) => {
    const { trouble } = await undone(policy);
    expect(trouble).toMatchObject({ kind: 'Service', reason: 'Undone', isAboutSpec });
    expect(trouble?.message).toContain(`Service "orders" was written, but ${path}`);
  });

  it('is no trouble any more when the policy is gone and it was asked again', async () => {
    const made = await undone();
    made.client.policy = undefined;
    await made.clock.advance(baseDelayMs);
    expect(await made.applied()).toEqual({ result: 'updated', live: expect.anything() });
    expect(made.client.tries).toBe(0);
    expect(await round(made)).toBe('updated');
  });

  it('is no trouble any more when somebody made it as it is asked', async () => {
    const made = await undone();
    made.edit({ spec: { type: 'ClusterIP' } });
    expect((await made.applied()).trouble).toBeUndefined();
  });
});
