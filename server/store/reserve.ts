// Room set aside while there is some: a file that is given up when the disk is full, so that a
// start, and a removal, which makes room, always find what little they need.
// Next: `sqlite.ts` lets nothing grow until the reserve is whole again.
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { BaseLogger } from 'pino';
import { limits } from '../limits.ts';
import { isDiskError, lacksRoom } from './failures.ts';
import { freeBytesBeside } from './free-room.ts';

export class Reserve {
  readonly #path: string;
  readonly #log: Pick<BaseLogger, 'info' | 'warn'>;
  readonly #nowMs: () => number;
  #isWhole = false;
  #wasToldOf = false;
  /** Why it could not be made, where it was not seen beforehand. */
  #failure: unknown;
  #nextTryMs = Number.NEGATIVE_INFINITY;

  /** `location`: the database that it lies beside. */
  constructor(
    location: string,
    log: Pick<BaseLogger, 'info' | 'warn'>,
    nowMs = () => performance.now(),
  ) {
    this.#path = `${location}.reserve`;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Runs `work`; if that fails for want of room, gives the reserve up and runs `again`. */
  spendOn<T>(wantsRoom: (error: unknown) => boolean, work: () => T, again = work): T {
    try {
      return work();
    } catch (error) {
      if (!wantsRoom(error) || !this.#spend()) throw error;
      return again();
    }
  }

  /**
   * Whether an error may be one for want of room: a failure of the disk only where there is little,
   * since nothing may grow until the reserve is whole again.
   */
  mayMend(error: unknown): boolean {
    if (lacksRoom(error)) return true;
    return isDiskError(error) && this.#freeBytes() < limits.reserveBytes;
  }

  /**
   * Whether there is the little room without which nothing can be opened; gives the reserve up for
   * it. SQLite maps a file into memory, and where its pages find no room the kernel ends the
   * process by a signal.
   */
  hasRoomToOpen(): boolean {
    const hasRoom = () => this.#freeBytes() >= limits.openRoomBytes;
    return hasRoom() || (this.#spend() && hasRoom());
  }

  /** Whether it is whole; tries to make it so, but only once in a while. */
  restore(): boolean {
    if (this.#isWhole || this.#nowMs() < this.#nextTryMs) return this.#isWhole;
    this.#isWhole = this.#make();
    this.#pauseAndTell();
    return this.#isWhole;
  }

  /** Whether there was room to give up. */
  #spend(): boolean {
    const hadRoom = existsSync(this.#path);
    this.#remove();
    this.#isWhole = false;
    this.#pauseAndTell();
    return hadRoom;
  }

  #make(): boolean {
    try {
      const found = statSync(this.#path, { throwIfNoEntry: false });
      if (found?.size === limits.reserveBytes) return true;
      // what is left of one that was cut short gives its room to the new one
      if (this.#freeBytes() + (found?.size ?? 0) < limits.reserveBytes) return false;
      // at random, so that no file system saves the room by compressing it
      const bytes = randomBytes(limits.reserveBytes);
      writeFileSync(this.#path, bytes, { mode: 0o600, flush: true });
      return true;
    } catch (error) {
      this.#failure = error;
      this.#remove();
      return false;
    }
  }

  #freeBytes(): number {
    return freeBytesBeside(this.#path);
  }

  #remove(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // what cannot be removed gives no room, and the caller fails as it would without it
    }
  }

  #pauseAndTell(): void {
    if (!this.#isWhole) this.#nextTryMs = this.#nowMs() + limits.reserveRetryMs;
    if (this.#wasToldOf !== this.#isWhole) return;
    this.#wasToldOf = !this.#isWhole;
    const fields = { reserve: this.#path, sizeBytes: limits.reserveBytes, err: this.#failure };
    this.#failure = undefined;
    const says = 'no room is left in reserve: what is stored can be removed, but cannot grow';
    if (this.#isWhole) this.#log.info(fields, 'there is room in reserve again');
    else this.#log.warn(fields, says);
  }
}
