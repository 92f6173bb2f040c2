// The store on its engine: reads go to the engine, batches share commits, and who watches is told.
// Next: `group-commit.ts` for batches, the engine for all else.
import type { Batch, WriteResult } from './change.ts';
import type { Engine } from './engine.ts';
import { EntryCache } from './entry-cache.ts';
import { GroupCommit } from './group-commit.ts';
import type {
  Entry,
  FeedPage,
  FeedRequest,
  ScanPage,
  ScanRequest,
  Store,
  StoreInfo,
  StoreObserver,
  StoreState,
  StoreVitals,
} from './store.ts';

type Operation = Parameters<StoreObserver['asked']>[0];

export class OpenedStore implements Store {
  readonly #engine: Engine;
  readonly #commits: GroupCommit;
  readonly #cache: EntryCache | undefined;
  readonly #watchers = new Set<() => void>();
  /** Ends the watch of the engine, which costs one with a database elsewhere some asking. */
  #endWatch: (() => void) | undefined;

  #observer: StoreObserver | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#cache = engine.isSoleWriter ? new EntryCache() : undefined;
    engine.whenRenewed?.(() => this.#cache?.clear());
    this.#commits = new GroupCommit(engine.writer, {
      begun: (batches) => this.#observer?.grouped(batches),
      ended: (batch, seconds, failed) => {
        this.#cache?.end(batch);
        this.#observer?.asked('write', seconds, failed);
      },
      changed: () => this.#tell(),
    });
  }

  get(database: number, key: string): Promise<Entry | undefined> {
    const kept = this.#cache?.get(database, key);
    if (kept === undefined) return this.#observed('get', () => this.#read(database, key));
    this.#observer?.asked('get', 0, false);
    return Promise.resolve(kept);
  }

  write(batch: Batch): Promise<WriteResult> {
    this.#cache?.begin(batch);
    return this.#commits.submit(batch);
  }

  scan(request: ScanRequest): Promise<ScanPage> {
    return this.#observed('scan', () => this.#engine.scan(request));
  }

  changes(request: FeedRequest): Promise<FeedPage> {
    return this.#observed('changes', () => this.#engine.changes(request));
  }

  watch(listener: () => void): () => void {
    // one of its own for each call, so that one listener may watch twice
    const told = () => listener();
    this.#watchers.add(told);
    this.#endWatch ??= this.#engine.watch(() => this.#tell());
    return () => {
      this.#watchers.delete(told);
      if (this.#watchers.size === 0) this.#stopWatch();
    };
  }

  state(): Promise<StoreState> {
    return this.#engine.state();
  }

  async vitals(): Promise<StoreVitals> {
    const { depth: commitQueueDepth } = this.#commits;
    return { ...(await this.#engine.vitals()), commitQueueDepth };
  }

  observe(observer: StoreObserver): void {
    this.#observer = observer;
  }

  ping(): Promise<void> {
    return this.#engine.ping();
  }

  info(): StoreInfo {
    return this.#engine.info();
  }

  async close(): Promise<void> {
    this.#stopWatch();
    try {
      await this.#commits.close();
    } finally {
      await this.#engine.close();
    }
  }

  async #read(database: number, key: string): Promise<Entry | undefined> {
    const moment = this.#cache?.moment ?? 0;
    const entry = await this.#engine.get(database, key);
    if (entry !== undefined) this.#cache?.keep({ database, key }, entry, moment);
    return entry;
  }

  async #observed<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    const begunMs = performance.now();
    let failed = true;
    try {
      const answer = await work();
      failed = false;
      return answer;
    } finally {
      this.#observer?.asked(operation, (performance.now() - begunMs) / 1000, failed);
    }
  }

  #stopWatch(): void {
    this.#endWatch?.();
    this.#endWatch = undefined;
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
