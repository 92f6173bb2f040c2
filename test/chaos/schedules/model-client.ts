// The operator's client of the API server in memory. Each call waits until the schedule lets it
// through, has it fail, or has its answer lost; watches show what the schedule lets them show.
import { TransportError } from '../../../operator/kube/api-errors.ts';
import type { KubeClient, ListPage, WatchEvent } from '../../../operator/kube/client.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import { FIRST_REVISION, type ModelApi } from './model-api.ts';
import { isSelectedBy } from './model-objects.ts';
import { ModelStream } from './model-stream.ts';

/** What becomes of a call: an error instead of it, or after it. */
export interface Fate {
  readonly instead?: Error;
  readonly afterwards?: Error;
}

/** A call that waits to be let through. */
export interface WaitingCall {
  readonly title: string;
  readonly isList: boolean;
  go(fate?: Fate): void;
}

/** One life of an operator has one client. */
export class ModelClient implements KubeClient {
  /** Calls that wait, in their order. */
  readonly waiting = new Set<WaitingCall>();
  readonly streams = new Set<ModelStream>();
  /** Nothing waits any more. */
  isCalm = false;
  /** By how many changes lists are behind, as those of an API server that lags are. */
  lag = 0;
  readonly #api: ModelApi;

  constructor(api: ModelApi) {
    this.#api = api;
  }

  /** Nothing is held up from now on. */
  calmDown(): void {
    this.isCalm = true;
    this.lag = 0;
    for (const call of this.waiting) call.go();
    for (const stream of this.streams) stream.show();
  }

  get: KubeClient['get'] = (type, namespace, name) =>
    this.#call(`get ${type.kind} ${name}`, () => this.#api.get(type, { namespace, name }));

  list: KubeClient['list'] = (type, { labelSelector }) =>
    this.#call(`list ${type.kind}`, () => this.#page(type, labelSelector));

  watch: KubeClient['watch'] = (type, { resourceVersion, labelSelector }, signal) =>
    this.#call(`watch ${type.kind}`, () => {
      const from = Number(resourceVersion);
      const stream = new ModelStream(this.#api, { type, labelSelector, from }, signal);
      this.streams.add(stream);
      if (this.isCalm) stream.show();
      return this.#events(stream);
    });

  create: KubeClient['create'] = (type, object) =>
    this.#call(`create ${type.kind} ${object.metadata.name}`, () =>
      this.#api.create(type, object, 'operator'),
    );

  apply: KubeClient['apply'] = (type, object, options = {}) =>
    this.#call(`apply ${type.kind} ${object.metadata.name}`, () =>
      this.#api.apply(type, object, options.dryRun),
    );

  mergePatch: KubeClient['mergePatch'] = (type, namespace, name, patch, _signal, subresource) =>
    this.#call(`patch ${type.kind} ${name}${subresource ? `/${subresource}` : ''}`, () =>
      this.#api.patch(type, { namespace, name }, patch, { by: 'operator', subresource }),
    );

  replace: KubeClient['replace'] = () => {
    throw new Error('nothing but the Lease is replaced, and there is none here');
  };

  remove: KubeClient['remove'] = (type, namespace, name, preconditions) =>
    this.#call(`remove ${type.kind} ${name}`, () =>
      this.#api.remove(type, { namespace, name }, { by: 'operator', preconditions }),
    );

  #page(type: ResourceType, labelSelector: string | undefined): ListPage {
    const revision = Math.max(FIRST_REVISION, this.#api.revision - this.lag);
    const items = this.#api.list(type, revision).filter(isSelectedBy(labelSelector));
    return { items, resourceVersion: String(revision) };
  }

  async *#events(stream: ModelStream): AsyncGenerator<WatchEvent> {
    try {
      yield* stream.events();
    } finally {
      this.streams.delete(stream);
    }
  }

  async #call<T>(title: string, send: () => T): Promise<T> {
    const fate = this.isCalm ? {} : await this.#wait(title);
    if (fate.instead !== undefined) throw fate.instead;
    const answer = send();
    if (fate.afterwards !== undefined) throw fate.afterwards;
    return answer;
  }

  #wait(title: string): Promise<Fate> {
    return new Promise((resolve) => {
      const call: WaitingCall = {
        title,
        isList: title.startsWith('list'),
        go: (fate = {}) => {
          this.waiting.delete(call);
          resolve(fate);
        },
      };
      this.waiting.add(call);
    });
  }
}

/** What a call gets that never arrived, or whose answer never did. */
export const lost = () => new TransportError('DKV_KUBE_UNREACHABLE', 'the connection was reset');
