// A program that strace records: opens the store and writes, and marks each write in a file when it
// is sent and when it is acknowledged, so that the trace shows both among the calls of the store.
// Started by `recording.ts`, with the settings as JSON.
import { openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { openStore } from '../../server/store/open.ts';
import type { JournalMode, Store } from '../../server/store/store.ts';
import { Chance } from './chance.ts';
import { valueFor } from './ledger.ts';

export interface RecordedRun {
  readonly location: string;
  readonly marks: string;
  readonly mode: JournalMode;
  readonly seed: number;
  /** Places of values go on from here. */
  readonly firstPlace: number;
  readonly writes: number;
  readonly writers: number;
  readonly keysPerWriter: number;
  /** Whether it is killed: in its second half right after a failure, or at the end. */
  readonly isKilled: boolean;
}

const DELETIONS_SHARE = 0.2;
const LONG_SHARE = 0.2;
const SHORT_BYTES = 400;
const LONG_BYTES = 16_000;
const AFTER_FAILURE_MS = 50;

const settings = JSON.parse(process.argv[2] ?? '{}') as RecordedRun;
const chance = new Chance(settings.seed);
const marks = openSync(settings.marks, 'a');
const mark = (...words: unknown[]): void => void writeSync(marks, `${words.join(' ')}\n`);

let left = settings.writes;

async function writeAsOne(store: Store, writer: number): Promise<void> {
  while (left > 0) {
    left -= 1;
    const place = settings.firstPlace + left;
    const key = `${writer}/${chance.below(settings.keysPerWriter)}`;
    const isDeletion = chance.happens(DELETIONS_SHARE);
    const length = chance.below(chance.happens(LONG_SHARE) ? LONG_BYTES : SHORT_BYTES);
    mark('sent', key, ...(isDeletion ? [] : [place, length]));
    try {
      const value = Buffer.from(valueFor(key, place, length));
      const target = { database: 0, key };
      if (isDeletion) await store.write([{ ...target, op: 'remove' }]);
      else await store.write([{ ...target, op: 'put', value, contentType: 'text/plain' }]);
      mark('acknowledged', key);
    } catch {
      // what became of it is not known: its state stays open; the next process finds in the log
      // what no sync has put on disk, and must not build on it
      if (settings.isKilled && left < settings.writes / 2) process.kill(process.pid, 'SIGKILL');
      await delay(AFTER_FAILURE_MS);
    }
  }
}

const { location, mode, writers } = settings;
const log = pino({ level: 'silent' });
const store = await openStore({ location, journal: { mode } }, log, new AbortController().signal);
await Promise.all(Array.from({ length: writers }, (_, writer) => writeAsOne(store, writer)));
if (settings.isKilled) process.kill(process.pid, 'SIGKILL');
await store.close();
