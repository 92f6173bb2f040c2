// Events: one new object for each thing that happened, within the bounds of the API server, and a
// failure to write one stops nothing.
import { describe, expect, it } from 'vitest';
import { EVENT } from '../../../../operator/api/resources.ts';
import { ApiError } from '../../../../operator/kube/api-errors.ts';
import type { KubeClient } from '../../../../operator/kube/client.ts';
import { eventRecorder, type Happening } from '../../../../operator/status/events.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { dumbkv } from '../../../support/objects.ts';
import { RecordingClient } from '../../../support/recording-client.ts';

const happening: Happening = {
  type: 'Normal',
  reason: 'Created',
  action: 'Create',
  note: 'Created Service "orders".',
};

const { signal } = new AbortController();

function setup(identity = 'operator-1') {
  const client = new RecordingClient();
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const record = eventRecorder({ client, clock: new FakeClock(), identity, onFailure });
  return { client, failures, record };
}

describe('an event', () => {
  it('tells what happened, to whom, when and who says so', async () => {
    const { client, record } = setup();
    await record(dumbkv(), happening, signal);
    expect(client.peekAll(EVENT)).toMatchObject([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { namespace: 'shop' },
        ...happening,
        eventTime: '2030-01-01T00:00:00.000000Z',
        reportingController: 'dumbkv.dev/dumbkv-operator',
        reportingInstance: 'operator-1',
        regarding: {
          apiVersion: 'dumbkv.dev/v1alpha1',
          kind: 'DumbKV',
          name: 'orders',
          namespace: 'shop',
          uid: dumbkv().metadata.uid,
        },
      },
    ]);
  });

  it('has a name of its own, each time', async () => {
    const { client, record } = setup();
    for (let round = 0; round < 20; round += 1) await record(dumbkv(), happening, signal);
    const names = client.peekAll(EVENT).map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(20);
    expect(names.every((name) => /^orders\.[0-9a-f]{16}$/.test(name))).toBe(true);
  });

  it('fits the bounds of the API server', async () => {
    const { client, record } = setup('i'.repeat(500));
    await record(dumbkv(), { ...happening, note: 'é'.repeat(5000) }, signal);
    const [event] = client.peekAll(EVENT);
    expect(event).toMatchObject({
      note: 'é'.repeat(512),
      reportingInstance: 'i'.repeat(128),
    });
  });

  it('that cannot be written is reported and fails nothing', async () => {
    const { client, failures, record } = setup();
    const error = new Error('no room for events');
    client.refuse('create', 'Event', error);
    await record(dumbkv(), happening, signal);
    expect(failures).toEqual([error]);
  });

  it('that a namespace which goes does not take is no failure', async () => {
    const { client, failures, record } = setup();
    const details = { causes: [{ reason: 'NamespaceTerminating' }] };
    const request = { method: 'POST', path: '/events' };
    client.refuse('create', 'Event', new ApiError(request, 403, { reason: 'Forbidden', details }));
    await record(dumbkv(), happening, signal);
    expect(failures).toEqual([]);
  });

  it('ends with the reconcile that tells it, so that a slow one holds up no shutdown', async () => {
    const given: unknown[] = [];
    const client = new RecordingClient();
    const create = (...call: Parameters<KubeClient['create']>) => {
      given.push(call[2]);
      return client.create(call[0], call[1]);
    };
    const context = { clock: new FakeClock(), identity: 'operator-1', onFailure: () => {} };
    await eventRecorder({ ...context, client: { create } })(dumbkv(), happening, signal);
    expect(given).toEqual([signal]);
  });
});
