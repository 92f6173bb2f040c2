// A change of the store as it travels to the writer, and what became of it on the way back.
// Next: `decide.ts` says what it comes to, `group-commit.ts` brings it to the writer.
import { ReplyError, type ReplyErrorCode } from '../errors.ts';

/** Any entry that is there, or one of these revisions of it. */
export type Revisions = 'any' | readonly number[];

/** What must hold of an entry for a change to be made, as RFC 9110 has it; both where both are. */
export interface Condition {
  /** The entry is there, with one of these revisions. */
  readonly match?: Revisions | undefined;
  /** The entry is not there, or with none of these revisions. */
  readonly noneMatch?: Revisions | undefined;
}

/** What is stored of an entry beside its revision. */
export interface Content {
  readonly value: Uint8Array;
  /** A media type: up to 255 ASCII characters. */
  readonly contentType: string;
}

interface Target {
  readonly database: number;
  readonly key: string;
  readonly condition?: Condition | undefined;
}

/** Stores a value; with neither `ttlMs` nor `expiresAtMs` it stays until it is removed. */
export interface Put extends Target, Content {
  readonly op: 'put';
  /** The entry ends so many milliseconds after the commit. */
  readonly ttlMs?: number | undefined;
  /** Instead: when it ends, in ms since 1970; refused where the store's clock is past that. */
  readonly expiresAtMs?: number | undefined;
}

/** Removes an entry, if there is one. */
export interface Remove extends Target {
  readonly op: 'remove';
}

/** Adds to a counter: a decimal number of 64 bits with a sign; what is not there counts as 0. */
export interface Add extends Target {
  readonly op: 'add';
  readonly delta: bigint;
  /** As of `Put`; without it the entry ends when it would have. */
  readonly ttlMs?: number | undefined;
}

/** Changes nothing; its condition must hold. */
export interface Check extends Target {
  readonly op: 'check';
}

/** One change. */
export type Change = Put | Remove | Add | Check;

/** Changes that are made all or not at all, one after the other. */
export type Batch = readonly Change[];

/** What an entry is after a change. */
export interface ChangeResult {
  /** 0 where there is no entry. After a removal: the revision of the removal, 0 if none was. */
  readonly revision: number;
  /** There was no entry before. */
  readonly created: boolean;
  /** Milliseconds since 1970, or null for never. */
  readonly expiresAtMs: number | null;
  /** What a counter says now. */
  readonly counter?: bigint;
}

/** Why a batch was not made; `ended`: what was to be put has ended already. */
export type RefusalReason = 'condition' | 'no-counter' | 'counter-overflow' | 'ended';

/** A batch that was not made, since its change at `at` could not be: nothing was written. */
export interface Refusal {
  readonly at: number;
  readonly reason: RefusalReason;
}

/** What became of a batch: one result for each of its changes, or why none was made. */
export type WriteResult =
  | { readonly results: readonly ChangeResult[]; readonly refusal?: undefined }
  | { readonly results?: undefined; readonly refusal: Refusal };

/** A batch that met a failure. */
export interface ChangeFailure {
  readonly code: ReplyErrorCode;
  readonly cause: unknown;
}

export type Outcome = WriteResult | ChangeFailure;

export const isFailure = (outcome: Outcome): outcome is ChangeFailure => 'code' in outcome;

/** The error that a request ends with. */
export const errorOf = ({ code, cause }: ChangeFailure): ReplyError =>
  new ReplyError(code, undefined, { cause });
