// A KubeClient that notes every call and can be stopped dead: from then on nothing more is sent and
// nothing more is answered, as for a process that was killed. The operator under test gets it.
import type {
  KubeClient,
  KubeObject,
  ResourceType,
  WatchEvent,
} from '../../operator/kube/client.ts';
import { objectKey } from '../../operator/kube/resource.ts';

/** One call as it was made; `error` is there if it was not answered with success. */
export interface NotedCall {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'apply' | 'patch' | 'replace' | 'remove';
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** Whether it was sent and answered. */
  answered: boolean;
  error?: unknown;
}

/** What a test may do around each call; whatever it throws is what the caller gets. */
export interface CallHooks {
  before?: (call: NotedCall) => void | Promise<void>;
  after?: (call: NotedCall) => void | Promise<void>;
}

/** What a caller gets from a client that was stopped dead. */
export class DeadClientError extends Error {
  override readonly name = 'DeadClientError';
}

const READING = new Set<NotedCall['verb']>(['get', 'list', 'watch']);
/** Written on the side: nothing that the operator decides depends on them. */
const SIDE_KINDS = new Set(['Event', 'Lease']);

/** Whether a call writes something on which the end of a reconcile depends. */
export const isWrite = ({ verb, kind }: NotedCall): boolean =>
  !READING.has(verb) && !SIDE_KINDS.has(kind);

/** A client over another one. */
export class ObservedClient implements KubeClient {
  readonly calls: NotedCall[] = [];
  readonly #inner: KubeClient;
  readonly #hooks: CallHooks;
  #dead = false;
  #inFlight = 0;
  /** By kind, what lists and watches have shown: names and resource versions. */
  readonly #shown = new Map<string, Map<string, string>>();

  constructor(inner: KubeClient, hooks: CallHooks = {}) {
    this.#inner = inner;
    this.#hooks = hooks;
  }

  /** The writes so far, without events and leases; of one namespace if it is given. */
  writes(namespace?: string): NotedCall[] {
    const all = this.calls.filter(isWrite);
    return namespace === undefined ? all : all.filter((call) => call.namespace === namespace);
  }

  /** Whether no call waits for its answer. */
  isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** Whether lists and watches have shown these objects of a namespace, and no others any more. */
  hasSeen(type: ResourceType, namespace: string, objects: readonly KubeObject[]): boolean {
    const shown = this.#shown.get(type.kind);
    if (shown === undefined) return false;
    const isCurrent = ({ metadata }: KubeObject) =>
      shown.get(objectKey(metadata)) === metadata.resourceVersion;
    const keys = [...shown.keys()].filter((key) => key.startsWith(`${namespace}/`));
    return keys.length === objects.length && objects.every(isCurrent);
  }

  /** Nothing is sent from now on, and no answer arrives. */
  die(): void {
    this.#dead = true;
  }

  isDead(): boolean {
    return this.#dead;
  }

  get: KubeClient['get'] = (type, namespace, name, signal) =>
    this.#call('get', type, { namespace, name }, () =>
      this.#inner.get(type, namespace, name, signal),
    );

  list: KubeClient['list'] = async (type, options, signal) => {
    const ask = () => this.#inner.list(type, options, signal);
    const page = await this.#call('list', type, options, ask);
    const before = options.continueToken === undefined ? undefined : this.#shown.get(type.kind);
    const shown = before ?? new Map<string, string>();
    for (const { metadata } of page.items) {
      shown.set(objectKey(metadata), metadata.resourceVersion ?? '');
    }
    this.#shown.set(type.kind, shown);
    return page;
  };

  watch: KubeClient['watch'] = async (type, options, signal) => {
    const open = () => this.#inner.watch(type, options, signal);
    return this.#noted(type, await this.#call('watch', type, options, open));
  };

  create: KubeClient['create'] = (type, object, signal) =>
    this.#call('create', type, object.metadata, () => this.#inner.create(type, object, signal));

  apply: KubeClient['apply'] = (type, object, options, signal) =>
    this.#call('apply', type, object.metadata, () =>
      this.#inner.apply(type, object, options, signal),
    );

  mergePatch: KubeClient['mergePatch'] = (type, namespace, name, patch, ...more) =>
    this.#call('patch', type, { namespace, name }, () =>
      this.#inner.mergePatch(type, namespace, name, patch, ...more),
    );

  replace: KubeClient['replace'] = (type, object, signal) =>
    this.#call('replace', type, object.metadata, () => this.#inner.replace(type, object, signal));

  remove: KubeClient['remove'] = (type, namespace, name, preconditions, signal) =>
    this.#call('remove', type, { namespace, name }, () =>
      this.#inner.remove(type, namespace, name, preconditions, signal),
    );

  async #call<T>(
    verb: NotedCall['verb'],
    { kind }: ResourceType,
    place: { namespace?: string | undefined; name?: string },
    send: () => Promise<T>,
  ): Promise<T> {
    const call: NotedCall = {
      ...{ verb, kind, namespace: place.namespace, name: place.name, answered: false },
    };
    this.#assertAlive();
    this.#inFlight += 1;
    this.calls.push(call);
    try {
      await this.#hooks.before?.(call);
      this.#assertAlive();
      const answer = await send();
      call.answered = true;
      await this.#hooks.after?.(call);
      this.#assertAlive();
      return answer;
    } catch (error) {
      call.error = error;
      throw error;
    } finally {
      this.#inFlight -= 1;
    }
  }

  async *#noted(
    { kind }: ResourceType,
    events: AsyncIterable<WatchEvent>,
  ): AsyncGenerator<WatchEvent> {
    for await (const event of events) {
      this.#assertAlive();
      const { metadata } = event.object;
      if (event.type === 'DELETED') this.#shown.get(kind)?.delete(objectKey(metadata));
      if (event.type === 'ADDED' || event.type === 'MODIFIED') {
        this.#shown.get(kind)?.set(objectKey(metadata), metadata.resourceVersion ?? '');
      }
      yield event;
    }
  }

  #assertAlive(): void {
    if (this.#dead) throw new DeadClientError('this process was stopped dead');
  }
}
