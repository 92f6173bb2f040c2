// The condition of the volume: it grows, or may not, while the instance serves; and a growth that
// is refused keeps nothing else of the claim from being brought about.
import { describe, expect, it } from 'vitest';
import { CLAIM } from '../../../../operator/api/resources.ts';
import { boundClaim, dumbkv } from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { grownInVain } from '../reconcile/example-worlds.ts';
import { World } from '../reconcile/world.ts';
import { conditionOf } from './facts.ts';

const asking = (storage: string, status: object = {}) => ({
  dumbkv: dumbkv({ spec: { storage: { size: storage } } }),
  children: {
    claim: boundClaim({ spec: { resources: { requests: { storage } } }, status }),
  },
});
const shown = (...known: Parameters<typeof conditionOf>) => {
  const { status, reason, message } = conditionOf(...known) ?? {};
  return { status, reason, message };
};

describe('a volume', () => {
  it('that has what the claim asks for is bound', () => {
    expect(shown('StorageReady', asking('1024Mi'))).toMatchObject({
      status: 'True',
      reason: 'Bound',
    });
  });

  it('that grows is told of with both sizes, and the instance is ready', () => {
    expect(shown('StorageReady', asking('2Gi'))).toEqual({
      status: 'True',
      reason: 'Expanding',
      message: 'The volume grows from 1Gi to 2Gi; the instance serves meanwhile.',
    });
    expect(shown('Ready', asking('2Gi')).status).toBe('True');
  });

  it('that waits for its pod to be started anew says so', () => {
    const conditions = [{ type: 'FileSystemResizePending', status: 'True' }];
    expect(shown('StorageReady', asking('2Gi', { conditions })).message).toContain(
      'when the pod is started next',
    );
  });

  it.each(['ControllerResizeInfeasible', 'NodeResizeInfeasible'])(
    'whose driver says %s cannot grow',
    (storage) => {
      const status = { allocatedResourceStatuses: { storage } };
      expect(shown('StorageReady', asking('2Gi', status))).toMatchObject({
        status: 'False',
        reason: 'ExpansionRefused',
        message: expect.stringContaining(
          `its driver says ${storage}. Set storage.size back to 1Gi`,
        ),
      });
    },
  );

  it('whose growth the API server refuses says why, and the instance is ready', () => {
    const known = { ...asking('1Gi'), growthRefusal: 'the class must support resize.' };
    known.dumbkv = dumbkv({ spec: { storage: { size: '5Gi' } } });
    expect(shown('StorageReady', known)).toEqual({
      status: 'False',
      reason: 'ExpansionRefused',
      message:
        'The volume cannot grow to 5Gi: the class must support resize. Set storage.size back to ' +
        '1Gi, or have its StorageClass allow it.',
    });
    expect(shown('Ready', known).status).toBe('True');
    expect(conditionOf('Stalled', known)).toBeUndefined();
  });
});

describe('a growth that is refused', () => {
  it('is told in one event, and tried again at each look', async () => {
    const world = await grownInVain();
    expect(world.condition('StorageReady')).toBe('False ExpansionRefused');
    expect(world.condition('Ready')).toBe('True Available');
    await world.run();
    const told = world.events.filter(({ reason }) => reason === 'ExpansionRefused');
    expect(told).toHaveLength(1);
    expect(told[0]?.type).toBe('Warning');
  });

  it('keeps no other change of the claim away', async () => {
    const world = await grownInVain();
    world.change({ spec: { deletionPolicy: 'Delete' } });
    await world.run();
    const live = world.client.peek(CLAIM, 'shop', 'orders-data');
    expect(live?.metadata.ownerReferences).toHaveLength(1);
    expect(live?.spec).toMatchObject({ resources: { requests: { storage: '1Gi' } } });
  });

  it('is none where a new claim is refused: it is not asked for with another size', async () => {
    const world = new World();
    const error = refusal('PATCH', '/persistentvolumeclaims/orders-data', 403, 'Forbidden');
    world.client.refuse('apply', 'PersistentVolumeClaim', error);
    await world.run();
    const tries = world.client.writes.filter(({ kind }) => kind === 'PersistentVolumeClaim');
    expect(tries).toHaveLength(1);
    expect(world.condition('Stalled')).toBe('True ChildRejected');
  });

  it('is over when the size is set back', async () => {
    const world = await grownInVain();
    world.change({ spec: { storage: { size: '1Gi' } } });
    await world.run();
    expect(world.condition('StorageReady')).toBe('True Bound');
  });
});
