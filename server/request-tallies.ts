// How many requests there were of each method, route and status, and how long they took; those
// whose client did not wait for the reply among them.
// Next: `metrics.ts` shows them to Prometheus.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { statusOf } from './reply-end.ts';
import { labelsOf } from './request-labels.ts';
import { type Labels, Tally } from './tally.ts';

/** Found by what a request has at hand: it is done for each of them. */
export class RequestTallies {
  readonly all = new Map<Labels, Tally>();
  readonly #bucketsSeconds: readonly number[];
  readonly #byName = new Map<string, Tally>();
  /** The route of a request, as an object, then its status and method. */
  readonly #byRoute = new WeakMap<object, Map<string, Tally>[]>();

  constructor(bucketsSeconds: readonly number[]) {
    this.#bucketsSeconds = bucketsSeconds;
  }

  /** Counts and times each request of `app` once, when its response is closed. */
  observe(app: FastifyInstance): void {
    app.addHook('onRequest', (request, reply, done) => {
      // Fastify's `onResponse` hears nothing of replies that were cut off or never came
      reply.raw.on('close', () => {
        this.#of(request, statusOf(reply.raw)).add(reply.elapsedTime / 1000);
      });
      done();
    });
  }

  #of(request: FastifyRequest, status: number): Tally {
    const { config } = request.routeOptions;
    let byStatus = this.#byRoute.get(config);
    if (byStatus === undefined) {
      byStatus = [];
      this.#byRoute.set(config, byStatus);
    }
    const byMethod = byStatus[status] ?? new Map<string, Tally>();
    byStatus[status] = byMethod;
    let tally = byMethod.get(request.method);
    if (tally === undefined) {
      tally = this.#named(request, status);
      byMethod.set(request.method, tally);
    }
    return tally;
  }

  #named(request: FastifyRequest, status: number): Tally {
    const { method, route: handler } = labelsOf(request);
    const name = `${method} ${status} ${handler}`;
    let tally = this.#byName.get(name);
    if (tally === undefined) {
      tally = new Tally(this.#bucketsSeconds);
      this.#byName.set(name, tally);
      this.all.set({ method, handler, status: String(status) }, tally);
    }
    return tally;
  }
}
