// Every documented reason, brought about in the world: what stops an instance or keeps it waiting
// shows as the reason of Ready and, unless it is as asked, of Stalled or Reconciling; and when it
// is mended all is well.
import { describe, expect, it } from 'vitest';
import {
  isStalledReason,
  OTHER_REASONS,
  STALLED_REASONS,
  WAITING_REASONS,
} from '../../../../operator/api/conditions.ts';
import { CLAIM, SECRET, SERVICE } from '../../../../operator/api/resources.ts';
import { sealingSecretAsRead } from '../../../support/objects.ts';
import type { Example } from './example.ts';
import { OTHERS, STOPPED, settled } from './examples.ts';
import type { World } from './world.ts';

const examples = Object.entries(STOPPED).map(([reason, example]) => ({
  reason: reason as keyof typeof STOPPED,
  example,
}));

describe.each(examples)('$reason', ({ reason, example }) => {
  it('is the reason of Ready, and of Stalled or Reconciling by what it means', async () => {
    const world = await example();
    const isAsked = ['Suspended', 'NoReplicas', 'Sleeping'].includes(reason);
    const progress = isStalledReason(reason) ? 'Stalled' : 'Reconciling';
    expect(world.condition('Ready')).toBe(`False ${reason}`);
    expect(world.condition(progress)).toBe(isAsked ? undefined : `True ${reason}`);
    expect(world.condition(progress === 'Stalled' ? 'Reconciling' : 'Stalled')).toBeUndefined();
  });

  it('has a sentence, which an event repeats once, as a warning if somebody must act', async () => {
    const world = await example();
    await world.run().catch(() => {});
    const { message } = world.dumbkv.status?.conditions?.[0] ?? {};
    expect(message).toMatch(/^["A-Za-z0-9].{20,}\.$/s);
    const type = isStalledReason(reason) ? 'Warning' : 'Normal';
    const told = world.events.filter((event) => event.reason === reason);
    expect(told.map((event) => [event.type, event.note])).toEqual([[type, message]]);
  });

  it('does not make the status flap: looked at again, nothing is written', async () => {
    const world = await example();
    world.client.actions.length = 0;
    await world.clock.advance(60_000);
    await world.run().catch(() => {});
    expect(world.client.writeTitles.filter((title) => title.includes('DumbKV'))).toEqual([]);
  });
});

describe('every other reason', () => {
  it.each(Object.entries(OTHERS))('%s is shown', async (reason, { shown, example }) => {
    const world = await example();
    const [type = '', status] = shown.split(': ');
    expect(world.condition(type)).toBe(`${status} ${reason}`);
  });

  it('is in one of the two tables', () => {
    const known = Object.keys({
      ...STALLED_REASONS,
      ...WAITING_REASONS,
      ...OTHER_REASONS,
    });
    expect([...Object.keys(STOPPED), ...Object.keys(OTHERS)].toSorted()).toEqual(known.toSorted());
  });
});

describe('a cause that is mended', () => {
  it.each<[string, Example, (world: World) => void]>([
    ['an image', STOPPED.ImageNotAllowed, (world) => world.change({ spec: { image: null } })],
    ['a name', STOPPED.NameConflict, ({ client }) => client.drop(SERVICE, 'shop', 'orders')],
    ['a quota', STOPPED.ChildRejected, ({ client }) => client.allowAll()],
    [
      'a label',
      STOPPED.TokenSecretInvalid,
      ({ client }) =>
        client.amend(SECRET, 'shop', 'my-tokens', {
          metadata: { labels: { 'dumbkv.dev/instance': 'orders' } },
          data: { token: Buffer.from('abc').toString('base64') },
        }),
    ],
    [
      'a refusal of adoption',
      STOPPED.AdoptionRefused,
      ({ client }) =>
        client.amend(CLAIM, 'shop', 'orders-data', {
          metadata: { labels: { 'dumbkv.dev/adopt': null } },
        }),
    ],
    [
      'a key',
      STOPPED.SealingKeyMismatch,
      ({ client }) => client.put(SECRET, sealingSecretAsRead()),
    ],
    ['suspension', STOPPED.Suspended, (world) => world.change({ spec: { suspended: false } })],
  ])('(%s) leads to an instance that serves', async (_case, example, mend) => {
    const world = await example();
    mend(world);
    await world.settle();
    expect(world.condition('Ready')).toBe('True Available');
    expect(world.condition('Stalled')).toBeUndefined();
    expect(world.events.at(-1)).toMatchObject({ type: 'Normal', reason: 'Available' });
  });

  it('(a sealing Secret that is put back) leads to the same key', async () => {
    const world = await settled();
    const secret = world.client.peek(SECRET, 'shop', 'orders-sealing');
    world.client.drop(SECRET, 'shop', 'orders-sealing');
    await world.run();
    expect(world.condition('Stalled')).toBe('True SealingKeyMissing');
    expect(world.client.peek(SECRET, 'shop', 'orders-sealing')).toBeUndefined();
    world.client.put(SECRET, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'orders-sealing', namespace: 'shop' },
      data: secret?.data,
    });
    await world.run();
    expect(world.condition('Ready')).toBe('True Available');
    expect(world.client.peek(SECRET, 'shop', 'orders-sealing')?.data).toEqual(secret?.data);
  });
});
