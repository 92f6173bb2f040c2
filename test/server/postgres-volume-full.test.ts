// The Postgres of an instance on a volume that gets full, tables and log together: what is
// acknowledged is never lost, and room alone brings everything back, without anybody's help.
import { describe, expect } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { smallVolume, testWithMounts } from './support/machine.ts';
import { growVolume, ManagedPostgres } from './support/managed-postgres.ts';
import { hasOwnPostgres, testWithOwnPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const VOLUME_MIB = 160;
const GROWN_MIB = 320;
const REFUSALS = 20;
/**
 * By these the log has all the files that it keeps, which are then used again. Its own checkpoints
 * would come late on a busy machine, or when the volume is full, which ends Postgres.
 */
const CHECKPOINTS_AT = [192, 240];
const VALUE = Buffer.alloc(256 * 1024, 'x');
const LIMIT_MS = 180_000;

// each of the two says by itself what it needs
const testOnVolume = hasOwnPostgres ? testWithMounts : testWithOwnPostgres;

/** A store whose Postgres is started again whenever it has ended, as a kubelet does. */
class Filled {
  readonly volume = smallVolume(VOLUME_MIB);
  readonly postgres: ManagedPostgres;
  readonly acknowledged = new Map<string, Buffer>();
  readonly refusals: unknown[] = [];
  starts = 1;
  #store: Store | undefined;

  constructor(parameters: Record<string, string> = {}) {
    this.postgres = new ManagedPostgres(this.volume, parameters);
  }

  get store(): Store {
    if (this.#store !== undefined) return this.#store;
    throw new Error('it is opened by fill()');
  }

  /** Writes until so much was refused; `betweenWrites` gets the number of each. */
  async fill(betweenWrites: (at: number) => Promise<void> | void): Promise<void> {
    await this.postgres.start();
    this.#store = await openReplica(this.postgres.url, sealingKeyFile());
    for (let at = 0; this.refusals.length < REFUSALS; at += 1) {
      await betweenWrites(at);
      await this.write(`key ${at}`);
    }
  }

  async write(key: string): Promise<boolean> {
    const value = Buffer.concat([Buffer.from(key), VALUE]);
    return put(this.store, 0, key, value).then(
      () => this.acknowledged.set(key, value) !== undefined,
      (error: unknown) => this.refusals.push(Object(error).code) < 0,
    );
  }

  keepStarting(): void {
    if (this.postgres.isRunning) return;
    this.starts += 1;
    this.postgres.begin();
  }

  /** All that was acknowledged is there. */
  async check(): Promise<void> {
    for (const [key, value] of this.acknowledged) {
      const found = await waitFor(`an answer for ${key}`, () =>
        valueAt(this.store, 0, key).then(
          (read) => ({ read }),
          () => undefined,
        ),
      );
      // of Buffers, toEqual compares byte by byte
      expect(found.read && value.equals(found.read)).toBe(true);
    }
  }
}

describe('a volume that is full', () => {
  testOnVolume('refuses what is too much and gives what it has, until it has grown', async () => {
    const filled = new Filled({ max_wal_size: '1GB', min_wal_size: '64MB' });
    await filled.fill(async (at) => {
      if (CHECKPOINTS_AT.includes(at)) await filled.postgres.checkpoint();
    });
    expect(new Set(filled.refusals)).toEqual(new Set(['DKV_STORE_FULL']));
    await filled.check();
    growVolume(filled.volume, GROWN_MIB);
    await waitFor('a write to go through', () => filled.write('after'), LIMIT_MS);
    await filled.check();
    expect(filled.starts).toBe(1);
    expect(filled.postgres.said).not.toContain('PANIC');
  });

  testOnVolume(
    'on which even the log finds no room ends Postgres, until it has grown',
    async () => {
      // with a log that is larger than the volume
      const filled = new Filled();
      await filled.fill(() => filled.keepStarting());
      expect(filled.refusals[0]).toBe('DKV_WRITE_UNCERTAIN');
      expect(filled.postgres.said).toContain('PANIC:  could not write to file "pg_wal');
      // no start helps while there is no room
      await waitFor('it to end by itself twice', () => {
        filled.keepStarting();
        return filled.starts > 2;
      });
      expect(await filled.write('meanwhile')).toBe(false);
      growVolume(filled.volume, GROWN_MIB);
      await waitFor(
        'a write to go through',
        () => {
          filled.keepStarting();
          return filled.write('after');
        },
        LIMIT_MS,
      );
      await filled.check();
    },
  );
});
