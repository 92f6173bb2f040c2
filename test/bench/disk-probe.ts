// How fast the disk makes things durable: 4 KiB written in place and synced, again and again. What
// a durable write costs is judged against this.
// Next: `report/targets.ts`.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Percentiles, percentilesOf } from './statistics.ts';

const PAGE_BYTES = 4_096;
const PAGES = 256;
const SYNCS = 500;

export interface DiskSpeed {
  readonly syncsPerSecond: number;
  readonly syncMs: Percentiles;
}

/** Probes the disk that holds `folder`; takes a second or less. */
export function probeDisk(folder: string): DiskSpeed {
  const path = join(folder, 'disk-probe');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(PAGE_BYTES, 1);
  const writeAndSync = (at: number) => {
    writeSync(file, page, 0, PAGE_BYTES, (at % PAGES) * PAGE_BYTES);
    fdatasyncSync(file);
  };
  try {
    // the file has its size before it is measured: SQLite's log is written over, too
    for (let at = 0; at < PAGES; at += 1) writeSync(file, page);
    fdatasyncSync(file);
    const timesMs = Array.from({ length: SYNCS }, (_, at) => timeMsOf(() => writeAndSync(at)));
    const totalMs = timesMs.reduce((sum, one) => sum + one, 0);
    return { syncsPerSecond: (SYNCS * 1000) / totalMs, syncMs: percentilesOf(timesMs) };
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

function timeMsOf(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}
