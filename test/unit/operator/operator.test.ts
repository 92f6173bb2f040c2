// The operator as a whole, with an API server that has one DumbKV and tells of nothing more: what a
// failure of its own must not leave behind.
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { DUMBKV } from '../../../operator/api/resources.ts';
import { operatorConfig } from '../../../operator/config.ts';
import type { KubeObject, ResourceType } from '../../../operator/kube/resource.ts';
import { Metrics } from '../../../operator/metrics.ts';
import { Operator } from '../../../operator/operator.ts';
import type { QueueHooks, WorkQueue } from '../../../operator/queue/work-queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { dumbkv, SERVER_IMAGE } from '../../support/objects.ts';
import { RecordingClient } from '../../support/recording-client.ts';

class QuietClient extends RecordingClient {
  override async list(type?: ResourceType) {
    const items = type === DUMBKV ? [dumbkv() as unknown as KubeObject] : [];
    return { items, resourceVersion: '1000' };
  }

  override watch(_type?: ResourceType, _options?: object, signal?: AbortSignal): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener('abort', () => reject(signal.reason));
    return promise;
  }
}

/** Metrics that fail at the end of the first reconcile. */
class BrokenMetrics extends Metrics {
  queue: (() => WorkQueue) | undefined;

  override queueHooks(name: string, queue: () => WorkQueue): QueueHooks {
    this.queue = queue;
    return super.queueHooks(name, queue);
  }

  override active(change: 1 | -1): void {
    if (change === 1) throw new RangeError('cannot count');
  }
}

describe('a worker that fails', () => {
  it('ends the operator with its error, its queue and the other workers', async () => {
    const metrics = new BrokenMetrics('dumbkv', { process: false });
    const operator = new Operator({
      config: operatorConfig({ SERVER_IMAGE, LEADER_ELECTION: 'false' }),
      client: new QuietClient(),
      clock: new FakeClock(),
      random: () => 0,
      log: pino({ level: 'silent' }),
      metrics,
      probe: undefined,
      readVolumeRoom: async () => undefined,
    });
    await expect(operator.run(new AbortController().signal)).rejects.toThrow('cannot count');
    const queue = metrics.queue?.();
    queue?.add('shop/orders');
    expect(queue?.length).toBe(0);
    expect(await queue?.get()).toBeUndefined();
  });
});
