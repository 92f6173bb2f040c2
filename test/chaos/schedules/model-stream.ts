// One watch of the API server in memory: it shows the changes of a kind in their order, but no
// further than it is let. model-client.ts opens it.
import type { WatchEvent } from '../../../operator/kube/client.ts';
import type { KubeObject, ResourceType } from '../../../operator/kube/resource.ts';
import type { Change, ModelApi } from './model-api.ts';
import { isSelectedBy } from './model-objects.ts';

/** What is watched, and from which revision on. */
export interface Watched {
  readonly type: ResourceType;
  readonly labelSelector: string | undefined;
  readonly from: number;
}

/** A watch that is open. */
export class ModelStream {
  readonly type: ResourceType;
  readonly #api: ModelApi;
  readonly #isSelected: (object: KubeObject) => boolean;
  readonly #lines: WatchEvent[] = [];
  #shownUntil: number;
  #error: Error | undefined;
  #isEnded: boolean;
  #wake = () => {};

  constructor(api: ModelApi, { type, labelSelector, from }: Watched, signal: AbortSignal) {
    this.type = type;
    this.#api = api;
    this.#isSelected = isSelectedBy(labelSelector);
    this.#shownUntil = from;
    this.#isEnded = signal.aborted;
    const end = () => {
      this.#isEnded = true;
      this.#wake();
    };
    signal.addEventListener('abort', end, { once: true });
  }

  /** Whether there are changes that it has not shown. */
  isBehind(): boolean {
    return this.#next().length > 0;
  }

  /** Shows the next changes; all of them, and then a bookmark, unless a number is given. */
  show(changes = Number.POSITIVE_INFINITY): void {
    const next = this.#next().slice(0, changes);
    for (const change of next) this.#push(change);
    if (changes === Number.POSITIVE_INFINITY) this.#bookmark();
    this.#wake();
  }

  /** Breaks the connection, or answers with an error. */
  break(error: Error): void {
    this.#error = error;
    this.#wake();
  }

  async *events(): AsyncGenerator<WatchEvent> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#isEnded) return;
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
      }
    }
  }

  #next(): Change[] {
    const { log } = this.#api;
    const from = log.length - (this.#api.revision - this.#shownUntil);
    return log.slice(Math.max(0, from)).filter(({ type }) => type === this.type);
  }

  /** What leaves the selection is deleted to this watch, and what comes into it is new. */
  #push({ before, after, revision }: Change): void {
    this.#shownUntil = revision;
    const [was, is] = [before, after].map((one) => one !== undefined && this.#isSelected(one));
    if (!was && !is) return;
    const type = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED';
    const object = (is ? after : before) as KubeObject;
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    this.#lines.push({ type, object: { ...object, metadata } });
  }

  #bookmark(): void {
    this.#shownUntil = this.#api.revision;
    const metadata = { name: '', resourceVersion: String(this.#shownUntil) };
    this.#lines.push({ type: 'BOOKMARK', object: { metadata } });
  }
}
