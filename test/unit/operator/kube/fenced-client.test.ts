// The fence: writes pass while this process may write, and are counted; what writes nothing always
// passes.
import { describe, expect, it } from 'vitest';
import { SERVICE } from '../../../../operator/api/resources.ts';
import { fencedClient, NotLeaderError } from '../../../../operator/kube/fenced-client.ts';
import { RecordingClient } from '../../../support/recording-client.ts';

const object = { metadata: { name: 'orders', namespace: 'shop' } };

function fence(isLeader: boolean) {
  const counted: string[] = [];
  const inner = new RecordingClient();
  const client = fencedClient(inner, {
    mayWrite: () => isLeader,
    onWrite: (kind, verb) => counted.push(`${verb} ${kind}`),
  });
  return { inner, client, counted };
}

describe('a client behind the fence', () => {
  it('writes and counts while it may', async () => {
    const { client, counted } = fence(true);
    await client.create(SERVICE, object);
    await client.apply(SERVICE, object);
    await client.mergePatch(SERVICE, 'shop', 'orders', {});
    await client.remove(SERVICE, 'shop', 'orders', {});
    expect(counted).toEqual([
      ...['create Service', 'apply Service', 'patch Service', 'delete Service'],
    ]);
  });

  it('writes nothing when it may not', async () => {
    const { inner, client, counted } = fence(false);
    await expect(client.apply(SERVICE, object)).rejects.toBeInstanceOf(NotLeaderError);
    await expect(client.create(SERVICE, object)).rejects.toBeInstanceOf(NotLeaderError);
    expect([inner.actions, counted]).toEqual([[], []]);
  });

  it('reads and tries at all times, and counts neither', async () => {
    const { inner, client, counted } = fence(false);
    await client.get(SERVICE, 'shop', 'orders');
    await client.apply(SERVICE, object, { dryRun: true });
    expect(inner.actions.map(({ verb }) => verb)).toEqual(['get', 'apply']);
    expect(counted).toEqual([]);
  });
});
