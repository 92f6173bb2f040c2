// The main loop: take a key, reconcile it, decide what the queue does next. One place turns
// outcomes into queue actions and into controller-runtime's metrics.
import { recheckSeconds } from '../api/problem.ts';
import type { Clock } from '../clock.ts';
import { isAlreadyExists, isConflict } from '../kube/api-errors.ts';
import { reconcileLimits } from '../limits.ts';
import type { ReconcileResult } from './reconcile.ts';

/** The part of the work queue that a worker uses. */
export interface KeyQueue {
  get(): Promise<string | undefined>;
  done(key: string): void;
  forget(key: string): void;
  addAfter(key: string, delayMs: number): void;
  addRateLimited(key: string): void;
  addRecheck(key: string, cause: string, baseDelayMs: number): void;
}

export type ReconcileOutcome = 'success' | 'requeue' | 'requeue_after' | 'error';

export interface WorkerContext {
  queue: KeyQueue;
  clock: Clock;
  random: () => number;
  reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>;
  /** Whether an object of this key still exists: only such keys are looked at again by time. */
  exists: (key: string) => boolean;
  /** Told how each reconcile ended, and how long it took. */
  onOutcome: (
    key: string,
    outcome: ReconcileOutcome,
    durationSeconds: number,
    error?: unknown,
  ) => void;
  onActive: (change: 1 | -1) => void;
}

/** Works on keys until the queue is shut down and empty, or the signal is aborted. */
export async function work(context: WorkerContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const key = await context.queue.get();
    if (key === undefined) return;
    context.onActive(1);
    try {
      await processKey(key, context, signal);
    } finally {
      context.onActive(-1);
      context.queue.done(key);
    }
  }
}

async function processKey(key: string, context: WorkerContext, signal: AbortSignal): Promise<void> {
  const { queue, clock } = context;
  const startedMs = clock.nowMs();
  const finish = (outcome: ReconcileOutcome, error?: unknown) =>
    context.onOutcome(key, outcome, (clock.nowMs() - startedMs) / 1000, error);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(reconcileLimits.timeoutMs)]);
  try {
    const { recheck, contestedSeconds, dueSeconds } = await context.reconcile(key, limit);
    // of several delays the queue keeps the one that ends first
    for (const seconds of [contestedSeconds, dueSeconds]) {
      if (seconds !== undefined) queue.addAfter(key, seconds * 1000);
    }
    if (recheck === undefined || !context.exists(key)) {
      queue.forget(key);
      if (context.exists(key)) queue.addAfter(key, resyncSeconds(context.random()) * 1000);
      return finish('success');
    }
    const cause = `${recheck.reason}: ${recheck.message}`;
    queue.addRecheck(key, cause, recheckSeconds(recheck) * 1000);
    finish('requeue_after');
  } catch (error) {
    if (signal.aborted) return;
    queue.addRateLimited(key);
    // somebody else wrote first: no fault of anybody's, and the next look sees it
    if (isConflict(error) || isAlreadyExists(error)) finish('requeue');
    else finish('error', error);
  }
}

/** Spread, so that instances made together are not looked at together for ever. */
function resyncSeconds(random: number): number {
  const { resyncSeconds: base, resyncJitter } = reconcileLimits;
  return base * (1 + resyncJitter * (2 * random - 1));
}
