// A Reachability whose instances answer as a test tells it, and all that it asks and reports.
// reachability.test.ts and reachability-bounds.test.ts use it.
import { Reachability } from '../../../../operator/reconcile/reachability.ts';
import type { ProbeAnswer, Reach } from '../../../../operator/status/reach.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { dumbkv } from '../../../support/objects.ts';

/** Each answer is given once, the last one for ever; none at all: an operator outside. */
export function askedWith(...answers: (ProbeAnswer | 'never')[]) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const asked: string[] = [];
  const askedAtMs: number[] = [];
  const news: string[] = [];
  /** The signals of what was asked and not answered. */
  const open = new Set<AbortSignal>();
  const probe = async (url: string, signal: AbortSignal): Promise<ProbeAnswer> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(url);
    askedAtMs.push(clock.nowMs());
    if (answer !== undefined && answer !== 'never') return answer;
    open.add(signal);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    open.delete(signal);
    return { outcome: 'silent', detail: 'ended' };
  };
  const reachability = new Reachability({
    ...{ probe: answers.length === 0 ? undefined : probe, clock, signal: stop.signal },
    onNews: (key) => news.push(key),
  });
  const look = (endpoints = 'a', object = dumbkv()): Reach => reachability.look(object, endpoints);
  return { ...{ clock, stop, asked, askedAtMs, news, open, reachability, look }, answered: settle };
}
