// The figures of the store that are shown as gauges: their names, and where each is found.
// Next: `metrics.ts` sets them at each scrape.
import type { StoreState, StoreVitals } from './store/store.ts';

/** One gauge; a figure that is undefined is not shown. */
export interface StoreFigure {
  readonly name: string;
  readonly help: string;
  of(state: StoreState, vitals: StoreVitals): number | undefined;
}

const figure = (name: string, help: string, of: StoreFigure['of']): StoreFigure => ({
  name,
  help,
  of,
});

/** All of them, in the order in which they are shown. */
export const storeFigures: readonly StoreFigure[] = [
  figure('dumbkv_store_revision', 'The revision of the last change.', (state) => state.revision),
  figure(
    'dumbkv_store_keys',
    'Keys that are stored, those not yet swept among them.',
    (state) => state.keys,
  ),
  figure(
    'dumbkv_store_bytes',
    'Bytes of names and values as they are stored.',
    (state) => state.storedBytes,
  ),
  figure(
    'dumbkv_store_removals',
    'Removals that are remembered for feeds.',
    (state) => state.removals,
  ),
  figure(
    'dumbkv_db_commit_queue_depth',
    'Batches that wait for their commit.',
    (_, vitals) => vitals.commitQueueDepth,
  ),
  figure(
    'dumbkv_db_connections_open',
    'Connections to the database.',
    (_, vitals) => vitals.connectionsOpen,
  ),
  figure(
    'dumbkv_db_connections_idle',
    'Connections to the database without work.',
    (_, vitals) => vitals.connectionsIdle,
  ),
  figure(
    'dumbkv_db_connections_max',
    'The most connections to the database.',
    (_, vitals) => vitals.connectionsMax,
  ),
  figure(
    'dumbkv_db_file_bytes',
    'Size of the database on disk, where it is known.',
    (_, vitals) => vitals.fileBytes,
  ),
  figure(
    'dumbkv_db_wal_bytes',
    'Size of the write-ahead log on disk, where it is known.',
    (_, vitals) => vitals.logBytes,
  ),
  figure(
    'dumbkv_volume_size_bytes',
    'Size of the file system that the store is on, where it is known.',
    (_, vitals) => vitals.volume?.sizeBytes,
  ),
  figure(
    'dumbkv_volume_available_bytes',
    'What is left of that file system for the store, where it is known.',
    (_, vitals) => vitals.volume?.availableBytes,
  ),
];
