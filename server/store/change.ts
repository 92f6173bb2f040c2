// A change of the store as it travels to the writer, and what became of it on the way back.
// Next: `group-commit.ts` collects changes, `writer.ts` makes them.
import { ReplyError, type ReplyErrorCode } from '../errors.ts';

/** One change; a group of them is one commit. */
export type Change =
  | {
      readonly op: 'put';
      readonly database: number;
      readonly key: string;
      readonly value: Uint8Array;
      /** Change nothing if the key exists. */
      readonly ifAbsent: boolean;
    }
  | { readonly op: 'remove'; readonly database: number; readonly key: string };

export interface ChangeFailure {
  readonly code: ReplyErrorCode;
  readonly cause: unknown;
}

/** The revision that a change made, 0 where there was nothing to change, or why it failed. */
export type Outcome = number | ChangeFailure;

/** The error that a request ends with. */
export const errorOf = ({ code, cause }: ChangeFailure): ReplyError =>
  new ReplyError(code, undefined, { cause });
