// What the main thread and the thread of the writer say to each other.
// Next: `writer-link.ts` is the one side, `writer-thread.ts` the other.
import type { StartErrorCode } from '../errors.ts';
import type { SealingKey } from '../sealing/key-file.ts';
import type { RotationProgress } from '../sealing/rotation.ts';
import type { Outcome } from './change.ts';
import type { Identity } from './identity.ts';
import type { JournalMode } from './store.ts';

/** What a thread needs to open the store that this process has locked and looked at. */
export interface WriterSettings {
  readonly location: string;
  readonly journalMode: JournalMode;
  readonly identity: Identity;
  readonly keys: readonly SealingKey[];
}

/** To the thread: a group of batches, or what else it shall do. */
export type Request = ArrayBuffer | 'heal' | 'close' | KeysRequest;

/** The sealing key file has changed. */
export interface KeysRequest {
  readonly keys: readonly SealingKey[];
}

/** What happened at the writer's without a request: entries were ended, or it has healed. */
export type WriterEvent = 'swept' | 'healed';

/** The process has to end, as a start that fails does. */
export type End = { readonly code: StartErrorCode | undefined; readonly error: unknown };

/** From the thread; each request but the last has one reply. */
export type Message =
  | { readonly kind: 'reply'; readonly outcomes: Float64Array | readonly Outcome[] }
  | ({ readonly kind: 'refusal' | 'end' } & End)
  | { readonly kind: 'event'; readonly event: WriterEvent }
  | { readonly kind: 'rotation'; readonly progress: RotationProgress }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly line: readonly unknown[] };

export type LogLevel = 'info' | 'warn' | 'error';
