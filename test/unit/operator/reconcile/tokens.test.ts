// Rotating the token of an instance, look by look: crashes around the writes lead to the same end,
// and a Secret of the user's own is never written.
import { describe, expect, it } from 'vitest';
import { SECRET } from '../../../../operator/api/resources.ts';
import { base64, dumbkv } from '../../../support/objects.ts';
import { World } from './world.ts';

const HOUR_MS = 3_600_000;
const linesOf = (world: World, name = 'orders-token'): string[] => {
  const { data, stringData } = world.client.peek(SECRET, 'shop', name) as unknown as {
    data?: { token: string };
    stringData?: { token: string };
  };
  const encoded = data?.token;
  const text = encoded ? Buffer.from(encoded, 'base64').toString() : stringData?.token;
  return (text ?? '').split('\n');
};
const ask = (world: World, value: string) =>
  world.change({ metadata: { annotations: { 'dumbkv.dev/rotate-token': value } } });
const told = (world: World, reason: string) =>
  world.events.filter((event) => event.reason === reason).map(({ note }) => note);

describe('a rotation that is asked for', () => {
  it('puts a fresh token first, and takes the old one away when its time is over', async () => {
    const world = await new World().settle();
    const [old = ''] = linesOf(world);
    ask(world, 'now');
    const { dueSeconds = 0 } = await world.run();
    const [fresh = '', second] = linesOf(world);
    expect(second).toBe(old);
    expect(fresh).toMatch(/^[\w-]{43}$/);
    expect(dueSeconds).toBeGreaterThan(3500);
    expect(dueSeconds).toBeLessThanOrEqual(3600);
    const { oldTokensUntil = '' } = world.dumbkv.status ?? {};
    expect(Date.parse(oldTokensUntil)).toBeGreaterThan(world.clock.wallTime().getTime());
    expect(told(world, 'TokenRotated')).toEqual([expect.stringContaining(oldTokensUntil)]);
    await world.run();
    expect(linesOf(world)).toEqual([fresh, old]);
    await world.clock.advance(HOUR_MS);
    await world.run();
    expect(linesOf(world)).toEqual([fresh]);
    expect(world.dumbkv.status).not.toHaveProperty('oldTokensUntil');
    expect(told(world, 'OldTokenRemoved')).toHaveLength(1);
    expect(world.publicText).not.toContain(fresh);
    expect(world.publicText).not.toContain(old);
  });

  it('takes the old one away at once where no overlap is wanted', async () => {
    const world = await new World(dumbkv({ spec: { auth: { tokenOverlap: '0s' } } })).settle();
    const [old] = linesOf(world);
    ask(world, 'now');
    await world.run();
    expect(linesOf(world)).toHaveLength(1);
    expect(linesOf(world)).not.toContain(old);
  });

  it('is one write, so a crash before it or after it changes nothing', async () => {
    const world = await new World().settle();
    ask(world, 'now');
    const send = world.client.mergePatch.bind(world.client);
    let lost = 0;
    for (const isSent of [false, true]) {
      world.client.mergePatch = async (...call) => {
        const answer = isSent ? await send(...call) : undefined;
        lost += 1;
        throw new Error(`lost before an answer: ${answer !== undefined}`);
      };
      await world.run().catch(() => {});
    }
    world.client.mergePatch = send;
    expect(lost).toBe(2);
    await world.run();
    expect(linesOf(world)).toHaveLength(2);
    await world.clock.advance(HOUR_MS);
    await world.run();
    expect(linesOf(world)).toHaveLength(1);
  });

  it('goes on while something else is wrong with the spec', async () => {
    const world = await new World().settle();
    ask(world, 'now');
    await world.run();
    const [fresh, old] = linesOf(world);
    const { oldTokensUntil } = world.dumbkv.status ?? {};
    world.change({ spec: { image: 'evil.example.com/x:1' } });
    const { dueSeconds } = await world.run();
    expect(world.condition('Stalled')).toBe('True ImageNotAllowed');
    expect(world.dumbkv.status).toMatchObject({ oldTokensUntil });
    expect(dueSeconds).toBeGreaterThan(3500);
    await world.clock.advance(HOUR_MS);
    await world.run();
    expect(linesOf(world)).toEqual([fresh]);
    expect(linesOf(world)).not.toContain(old);
    expect(world.dumbkv.status).not.toHaveProperty('oldTokensUntil');
  });

  it('leaves the last token there is, and says so once', async () => {
    const world = await new World().settle();
    ask(world, 'now');
    await world.run();
    const [, old = ''] = linesOf(world);
    world.client.amend(SECRET, 'shop', 'orders-token', { data: { token: base64(old) } });
    await world.clock.advance(HOUR_MS);
    await world.run();
    await world.run();
    expect(linesOf(world)).toEqual([old]);
    expect(world.dumbkv.status).not.toHaveProperty('oldTokensUntil');
    expect(told(world, 'OldTokenKept')).toHaveLength(1);
    expect(told(world, 'OldTokenRemoved')).toEqual([]);
    expect(world.publicText).not.toContain(old);
  });

  it("touches no Secret of its name that is somebody else's", async () => {
    const world = await new World().settle();
    const owner = { apiVersion: 'v1', kind: 'Other', name: 'x', uid: 'x', controller: true };
    const metadata = { ownerReferences: [owner] };
    world.client.amend(SECRET, 'shop', 'orders-token', { metadata });
    world.client.actions.length = 0;
    ask(world, 'now');
    await world.run();
    expect(world.condition('Stalled')).toBe('True NameConflict');
    expect(world.client.writes.filter(({ kind }) => kind === SECRET.kind)).toEqual([]);
  });

  it('is answered by the first token of an instance that has none yet', async () => {
    const annotations = { 'dumbkv.dev/rotate-token': 'first' };
    const world = await new World(dumbkv({ metadata: { annotations } })).settle();
    expect(linesOf(world)).toHaveLength(1);
    expect(told(world, 'TokenRotated')).toEqual([]);
  });

  it("never touches a Secret of the user's own", async () => {
    const world = new World(dumbkv({ spec: { auth: { tokenSecretRef: { name: 'mine' } } } }));
    const labels = { 'dumbkv.dev/instance': 'orders' };
    const metadata = { name: 'mine', namespace: 'shop', labels };
    world.client.put(SECRET, { metadata, data: { token: base64('my-token') } });
    ask(world, 'now');
    await world.settle();
    ask(world, 'again');
    await world.run();
    expect(linesOf(world, 'mine')).toEqual(['my-token']);
    const written = world.client.writes.filter(({ kind }) => kind === SECRET.kind);
    expect(written).toEqual([]);
    expect(told(world, 'TokenRotated')).toEqual([]);
    expect(told(world, 'NoOwnToken')).toEqual([
      expect.stringContaining('a Secret of yours, "mine"'),
    ]);
    expect(world.condition('RotationIgnored')).toBe('True NoOwnToken');
    expect(world.condition('Ready')).toBe('True Available');
    world.change({ metadata: { annotations: { 'dumbkv.dev/rotate-token': null } } });
    await world.run();
    expect(world.condition('RotationIgnored')).toBeUndefined();
  });

  it('is ignored by an open instance, which says so', async () => {
    const world = await new World(dumbkv({ spec: { auth: { type: 'None' } } })).settle();
    ask(world, 'now');
    await world.run();
    expect(world.condition('RotationIgnored')).toBe('True NoOwnToken');
    expect(told(world, 'NoOwnToken')).toEqual([expect.stringContaining('spec.auth.type is None')]);
  });
});
