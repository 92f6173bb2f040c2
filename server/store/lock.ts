// One writer: a process holds this lock for its whole life, and the kernel lets go of it however
// the process ends.
// Next: `open.ts` opens the store under it.
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../errors.ts';
import { limits } from '../limits.ts';

export interface StoreLock {
  release(): void;
}

export interface LockWait {
  readonly log: BaseLogger;
  /** Ends the wait: `takeLock` then rejects with an AbortError. */
  readonly signal: AbortSignal;
  readonly retryMs?: number;
  readonly logMs?: number;
}

/** Waits until no other process holds the store at `location`. Throws DKV_STORE_OPEN_FAILED. */
export async function takeLock(location: string, wait: LockWait): Promise<StoreLock> {
  const path = `${location}.lock`;
  const db = openLock(path);
  try {
    await waitForLock(db, path, wait);
  } catch (error) {
    db.close();
    throw error;
  }
  return { release: () => db.close() };
}

async function waitForLock(db: Database.Database, path: string, wait: LockWait): Promise<void> {
  const retryMs = wait.retryMs ?? limits.lockRetryMs;
  const logMs = wait.logMs ?? limits.lockLogMs;
  let sinceLogMs = logMs;
  while (!tryLock(db, path)) {
    if (sinceLogMs >= logMs) {
      wait.log.warn({ lock: path }, 'another process holds the store; waiting until it ends');
      sinceLogMs = 0;
    }
    await delay(retryMs, undefined, { signal: wait.signal });
    sinceLogMs += retryMs;
  }
}

function openLock(path: string): Database.Database {
  try {
    return new Database(path, { timeout: 0 });
  } catch (error) {
    throw lockFailed(path, error);
  }
}

function tryLock(db: Database.Database, path: string): boolean {
  try {
    // a file that may only be read gives a lock that keeps nobody out: a write proves it, which is
    // never committed and, with its journal in memory, needs no room on the disk
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; PRAGMA user_version = 1');
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
    throw lockFailed(path, error);
  }
}

const lockFailed = (path: string, cause: unknown) =>
  new StartError(
    'DKV_STORE_OPEN_FAILED',
    `The lock ${path} cannot be taken: ${messageOf(cause)}. ` +
      'Is the folder there, and may this user write in it?',
    cause,
  );
