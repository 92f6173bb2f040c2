// An API server's side of list and watch as a script: each call takes the next line of it. It
// lets the reflector's tests say what happens and when; the real server is in
// test/controller/watch.
import type {
  KubeClient,
  KubeObject,
  ListOptions,
  ListPage,
  ResourceType,
  WatchEvent,
  WatchOptions,
} from '../../../../operator/kube/client.ts';
import type { FakeClock } from '../../../support/fake-clock.ts';

export const CONFIG_MAP: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

/** An object of that kind. */
export function configMap(name: string, resourceVersion: string, uid = `uid-${name}`): KubeObject {
  return { metadata: { namespace: 'shop', name, uid, resourceVersion } };
}

/** A watch under the test's control: it sends events and ends it, well or badly. */
export class ScriptedWatch implements AsyncIterable<WatchEvent> {
  readonly options: WatchOptions;
  readonly signal: AbortSignal;
  readonly #pending: (WatchEvent | 'end' | Error)[] = [];
  #wake: () => void = () => {};

  constructor(options: WatchOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
    signal.addEventListener('abort', () => this.#wake());
  }

  send(...events: (WatchEvent | 'end' | Error)[]): void {
    this.#pending.push(...events);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent> {
    for (;;) {
      const next = this.#pending.shift();
      if (this.signal.aborted) throw this.signal.reason;
      if (next === 'end') return;
      if (next instanceof Error) throw next;
      if (next) yield next;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** What the script answers to a list: a page, or an error. */
export type ListAnswer = ListPage | Error;

/** One call that came, and when. */
export interface Call {
  verb: 'list' | 'watch';
  atMs: number;
  options: ListOptions | WatchOptions;
}

/** The client; once the script of lists or watch errors is empty, its last line is repeated. */
export class ScriptedClient {
  readonly calls: Call[] = [];
  readonly watches: ScriptedWatch[] = [];
  lists: ListAnswer[] = [{ items: [], resourceVersion: '1' }];
  /** Errors with which watches are refused; undefined accepts one. */
  refusals: (Error | undefined)[] = [undefined];
  /** Sent into every accepted watch at once. */
  greeting: (WatchEvent | 'end' | Error)[] = [];
  readonly clock: FakeClock;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  /** As the interface that the reflector takes. */
  asClient(): KubeClient {
    return this as unknown as KubeClient;
  }

  async list(_type: ResourceType, options: ListOptions): Promise<ListPage> {
    this.calls.push({ verb: 'list', atMs: this.clock.nowMs(), options });
    const answer = this.lists.length > 1 ? this.lists.shift() : this.lists[0];
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  }

  async watch(_type: ResourceType, options: WatchOptions, signal: AbortSignal) {
    this.calls.push({ verb: 'watch', atMs: this.clock.nowMs(), options });
    const refusal = this.refusals.length > 1 ? this.refusals.shift() : this.refusals[0];
    if (refusal) throw refusal;
    const watch = new ScriptedWatch(options, signal);
    watch.send(...this.greeting);
    this.watches.push(watch);
    return watch;
  }

  get lastWatch(): ScriptedWatch {
    const watch = this.watches.at(-1);
    if (!watch) throw new Error('no watch was begun');
    return watch;
  }

  /** The verbs of the calls so far, in order. */
  get verbs(): string {
    return this.calls.map((call) => call.verb).join(' ');
  }
}
