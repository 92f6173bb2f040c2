// A child that does not stay as it is asked: what an admission undoes is not asked for ever, what
// another manager sets back is put back more and more rarely, and either is told, once.
import { afterAll, describe, expect, it } from 'vitest';
import { DUMBKV, EVENT, SERVICE } from '../../../operator/api/resources.ts';
import type { Clock } from '../../../operator/clock.ts';
import { contentionLimits } from '../../../operator/limits.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import type { CallHooks } from '../../support/observed-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { mutateAlways, POLICY_ARGUMENTS } from './admission-policy.ts';
import { bringUp, serve, settledIn, useOperator } from './operator-suite.ts';

const PACE = 10;
const suite = useOperator(
  { environment: { WATCH_NAMESPACES: 'nobody-is-here' } },
  { apiServerArguments: POLICY_ARGUMENTS },
);
const rivals: { stop: () => Promise<void> }[] = [];
afterAll(async () => {
  await Promise.all(rivals.map((rival) => rival.stop()));
});

const PART_OF = 'app.kubernetes.io/part-of';

/** A policy that changes every Service of a namespace at each write. */
async function mutateServices(place: Place, change: string): Promise<void> {
  const expression = `Object{metadata: Object.metadata{${change}}}`;
  const mutation = { patchType: 'ApplyConfiguration', applyConfiguration: { expression } };
  await mutateAlways(place, { resource: 'services', mutation });
  const probe = { metadata: { name: 'probe' }, spec: { ports: [{ port: 1 }] } };
  await until('the policy holds', async () => {
    const service = await place.make(SERVICE, probe);
    await place.remove(SERVICE, 'probe');
    return service.metadata.labels !== undefined;
  });
}

async function eventsOf(place: Place, reason: string): Promise<ApiObject[]> {
  return (await place.list(EVENT)).filter((event) => event.reason === reason);
}

/** Notes when the Service is applied. */
const appliesAt = (atMs: number[], clock: Clock): CallHooks => ({
  after: ({ verb, kind }) => {
    if (verb === 'apply' && kind === SERVICE.kind) atMs.push(clock.nowMs());
  },
});

/** Each pause is at least twice as long as the one before. */
function expectGrowingGaps(atMs: readonly number[], doubled = 0): void {
  const gaps = atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0));
  for (const [index, gap] of gaps.entries()) {
    expect(gap).toBeGreaterThanOrEqual(contentionLimits.baseDelayMs * 2 ** (index + doubled));
  }
}

/** Another controller, which sets a field of a Service back as soon as it is put back. */
function startRival(place: Place, label: string): { stop: () => Promise<void> } {
  let isStopped = false;
  const path = `/api/v1/namespaces/${place.namespace}/services/orders?fieldManager=the-rival`;
  const patch = { metadata: { labels: { [PART_OF]: label } } };
  const work = async () => {
    while (!isStopped) {
      const { metadata } = await place.get(SERVICE, 'orders');
      if (metadata.labels[PART_OF] !== label) await place.call('PATCH', path, patch);
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const working = work();
  const stop = () => {
    isStopped = true;
    return working;
  };
  rivals.push({ stop });
  return { stop };
}

describe.concurrent('what an admission policy undoes', () => {
  const LABEL = `labels: {"${PART_OF}": "policy"}`;
  // another value at each write, so that each write is news to the operator's watch
  const STAMP =
    'annotations: {"stamp": oldObject == null ? "" : oldObject.metadata.resourceVersion}';

  it.each([
    ['and nothing else', LABEL],
    ['and stamps each time', `${LABEL}, ${STAMP}`],
  ])('%s, is asked more and more rarely, and told once', async (_what, change) => {
    const place = await suite.place();
    const clock = hurriedClock(PACE);
    const atMs: number[] = [];
    const run = suite.start({
      ...{ clock, environment: { WATCH_NAMESPACES: place.namespace } },
      hooks: appliesAt(atMs, clock),
    });
    await mutateServices(place, change);
    await bringUp(place);
    // it was made, and then brought to what it was not
    await until('it was asked again so often', async () => {
      await place.touch('orders');
      return atMs.length >= 2 + 5;
    });
    expectGrowingGaps(atMs.slice(1));
    const events = await eventsOf(place, 'Undone');
    expect(events.map(({ note, type }) => [type, note])).toEqual([
      ['Warning', expect.stringContaining(`Service "orders" was written, but metadata.labels`)],
    ]);
    expect(run.log.filter((line) => JSON.parse(line).reason === 'Undone')).toHaveLength(1);
    await serve(place);
    await run.stop();
  });
});

describe.concurrent('what another manager sets back', () => {
  it('is put back ever more rarely, told with its name, and stays when that one ends', async () => {
    const place = await suite.place();
    const clock = hurriedClock(PACE);
    const atMs: number[] = [];
    const run = suite.start({
      ...{ clock, environment: { WATCH_NAMESPACES: place.namespace } },
      hooks: appliesAt(atMs, clock),
    });
    await bringUp(place);
    await settledIn(place, run);
    atMs.length = 0;
    const rival = startRival(place, 'rival');
    const { immediateWrites } = contentionLimits;
    // the one that is only tried, to hear who it is, is among them
    await until('it was put back so often', () => atMs.length >= immediateWrites + 5);
    const [told] = await until('it is told', async () => {
      const events = await eventsOf(place, 'Contested');
      return events.length > 0 && events;
    });
    await rival.stop();
    await until('it is as asked', async () => {
      const { metadata } = await place.get(SERVICE, 'orders');
      return metadata.labels[PART_OF] === 'dumbkv';
    });
    await serve(place);
    expect(told?.note).toContain('"the-rival" (.metadata.labels.app.kubernetes.io/part-of)');
    expect(await eventsOf(place, 'Contested')).toHaveLength(1);
    expectGrowingGaps(atMs.slice(immediateWrites + 1), 1);
    await run.stop();
  });

  it('does not hold up what the user asks', async () => {
    const place = await suite.place();
    const run = suite.start({ environment: { WATCH_NAMESPACES: place.namespace } });
    await bringUp(place);
    const rival = startRival(place, 'rival');
    await until('it is told', async () => (await eventsOf(place, 'Contested')).length > 0);
    await place.change(DUMBKV, 'orders', { spec: { suspended: true } });
    await place.untilReason('orders', 'Suspended');
    await rival.stop();
    await run.stop();
  });
});
