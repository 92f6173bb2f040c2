// The rate of each caller's requests is bounded before their bodies are read; what is open to all
// (health, metrics, the page) is not.
// Next: `rate.ts` counts; `body.ts`.
import { performance } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { ReplyError } from './errors.ts';
import { limits } from './limits.ts';
import { clientOf, type Rate, RateMeter } from './rate.ts';

/** Limits the rate of `app`; comes after the guard, which says who calls. */
export function limitRate(app: FastifyInstance, rate: Rate | undefined): void {
  if (rate === undefined) return;
  const meter = new RateMeter(rate, limits.rateCallersMax);
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.access === 'open') return done();
    const callerId = request.caller?.id ?? clientOf(request.ip ?? '');
    const waitMs = meter.waitMs(callerId, performance.now());
    done(waitMs === 0 ? undefined : tooOften(waitMs));
  });
}

const tooOften = (waitMs: number): ReplyError =>
  new ReplyError('DKV_RATE_LIMITED', undefined, {
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  });
