// The system's clock at a multiple of its speed, for operators that run against a real API server:
// what they would look at again after minutes they look at within a second.
import { performance } from 'node:perf_hooks';
import { type Clock, systemClock } from '../../operator/clock.ts';

/** A clock on which `pace` milliseconds pass in each real one; the time of day stays what it is. */
export function hurriedClock(pace: number): Clock {
  return {
    nowMs: () => performance.now() * pace,
    wallTime: () => new Date(),
    setTimer: (callback, delayMs) => systemClock.setTimer(callback, delayMs / pace),
  };
}
