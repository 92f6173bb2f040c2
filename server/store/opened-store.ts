// The store on its engine: reads go to the engine, batches share commits, and who watches is told.
// Next: `group-commit.ts` for batches, the engine for all else.

import type { Batch, WriteResult } from './change.ts';
import type { Engine } from './engine.ts';
import { GroupCommit, type GroupObserver } from './group-commit.ts';
import type {
  Entry,
  FeedPage,
  FeedRequest,
  ScanPage,
  ScanRequest,
  Store,
  StoreInfo,
  StoreState,
} from './store.ts';

export class OpenedStore implements Store {
  readonly #engine: Engine;
  readonly #commits: GroupCommit;
  readonly #watchers = new Set<() => void>();
  readonly #endWatch: () => void;

  constructor(engine: Engine, observe?: GroupObserver) {
    this.#engine = engine;
    this.#commits = new GroupCommit(engine.writer, observe);
    this.#endWatch = engine.watch(() => this.#tell());
  }

  get(database: number, key: string): Promise<Entry | undefined> {
    return this.#engine.get(database, key);
  }

  async write(batch: Batch): Promise<WriteResult> {
    const result = await this.#commits.submit(batch);
    if (this.#watchers.size > 0 && result.refusal === undefined) this.#tell();
    return result;
  }

  scan(request: ScanRequest): Promise<ScanPage> {
    return this.#engine.scan(request);
  }

  changes(request: FeedRequest): Promise<FeedPage> {
    return this.#engine.changes(request);
  }

  watch(listener: () => void): () => void {
    // one of its own for each call, so that one listener may watch twice
    const told = () => listener();
    this.#watchers.add(told);
    return () => this.#watchers.delete(told);
  }

  state(): Promise<StoreState> {
    return this.#engine.state();
  }

  ping(): Promise<void> {
    return this.#engine.ping();
  }

  info(): StoreInfo {
    return this.#engine.info();
  }

  async close(): Promise<void> {
    this.#endWatch();
    try {
      await this.#commits.close();
    } finally {
      await this.#engine.close();
    }
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
