// Bugs on the way from a change to a reconcile, and in who may write: watches, caches, queue,
// workers and the Lease. bugs.ts has them in its list.
import { bugsIn, type PlantedBug } from './bug.ts';

const inWatch = bugsIn('watch', 'unit/operator/watch');
const inQueue = bugsIn('queue', 'unit/operator/queue');
const inKube = bugsIn('kube', 'unit/operator/kube');
const inWorker = bugsIn('reconcile', 'unit/operator/reconcile');

export const BUGS_IN_WATCHES: readonly PlantedBug[] = [
  inWatch(
    'an old event takes the cache back in time',
    ['cache', 'cache'],
    [
      "if (!isOldNews && event !== 'DELETED') this.#put(key, object);",
      "if (event !== 'DELETED') this.#put(key, object);",
    ],
  ),
  inWatch(
    'an object that is gone comes back with the answer to an earlier write',
    ['cache', 'cache'],
    ['if (!isOlder(this.#seen, version)) return;', ''],
  ),
  inWatch(
    'an object that was made anew passes for the old one, changed',
    ['cache', 'cache'],
    [
      'if (previous && previous.metadata.uid !== object.metadata.uid) this.#remove(key, previous);',
      '',
    ],
  ),
  inWatch(
    'what went while nobody watched is there for ever',
    ['cache', 'cache'],
    ['if (!listed.has(key) && !this.#ahead.has(key)) this.#remove(key, object);', ''],
  ),
  inWatch(
    'a watch that expired is begun again where it was, for ever',
    ['reflector', 'reflector-failures'],
    ['if (mustList(error)) this.#resourceVersion = undefined;', ''],
  ),
  inWatch(
    'a connection that died silently is never left',
    ['silence', 'reflector-failures'],
    ['if (leftMs <= 0) this.#onSilence();', 'if (leftMs <= 0) return;'],
  ),
  inWatch(
    'watches that fail storm the API server',
    ['watch-backoff', 'reflector-failures'],
    ['limits.backoffBaseMs * 2 ** Math.max(0, failures - 1)', '0'],
  ),
  inQueue(
    'a change that comes while its object is worked on is lost',
    ['work-queue', 'work-queue'],
    ['if (this.#dirty.has(key)) this.#makeReady(key);', ''],
  ),
  inQueue(
    'two workers work on one object',
    ['work-queue', 'work-queue'],
    ['if (!this.#processing.has(key)) this.#makeReady(key);', 'this.#makeReady(key);'],
  ),
  inWorker(
    'what failed is forgotten',
    ['worker', 'worker'],
    ['queue.addRateLimited(key);\n    // somebody', '// somebody'],
  ),
  inWorker(
    'nothing is looked at again by time',
    ['worker', 'worker'],
    ['if (context.exists(key)) queue.addAfter(key, resyncSeconds(context.random()) * 1000);', ''],
  ),
  inKube(
    'who lost the Lease writes on',
    ['fenced-client', 'fenced-client'],
    ['if (!mayWrite()) throw new NotLeaderError();', ''],
  ),
  inKube(
    'who renews slowly believes too long that it leads',
    ['lease', 'lease-slow'],
    [
      'this.#heldUntilMs = sentMs + renewDeadlineMs;',
      'this.#heldUntilMs = this.#clock.nowMs() + renewDeadlineMs;',
    ],
  ),
  inKube(
    'a Lease is taken from its holder',
    ['lease-record', 'lease-record'],
    [
      'return nowMs > observation.changedAtMs + observation.durationMs;',
      'return nowMs > observation.changedAtMs;',
    ],
  ),
];
