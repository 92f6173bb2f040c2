// Stores on a Postgres of the tests: opened with a key file of their own, closed with the test.
// Used by tests of the Postgres engine.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BaseLogger } from 'pino';
import { onTestFinished } from 'vitest';
import { sealingKeyFileText } from '../../../server/sealing/key-file.ts';
import { openPostgres, type PostgresOptions } from '../../../server/store/postgres/open.ts';
import { type ExpectedStore, expectedStore } from '../../../server/store/postgres/same-store.ts';
import { versionOf } from '../../../server/store/postgres/schema.ts';
import type { Store, StoreInfo } from '../../../server/store/store.ts';
import { silentLog } from './captured-log.ts';
import { asked } from './postgres.ts';
import { tempFolder } from './temp-folder.ts';

/** A line of a sealing key file, with a new key. */
export const sealingKeyLine = (): string => sealingKeyFileText(randomBytes(32));

/** A sealing key file with these lines, or with one new key. */
export function sealingKeyFile(...lines: string[]): string {
  const path = join(tempFolder(), 'sealing-key');
  writeFileSync(path, lines.length === 0 ? sealingKeyLine() : lines.join(''));
  return path;
}

type Options = Partial<PostgresOptions> & { readonly log?: BaseLogger };

/** Opens a store that is closed when the running test ends, whatever it has closed by itself. */
export async function openReplica(
  url: string | undefined,
  keyFile: string,
  { log = silentLog, ...options }: Options = {},
): Promise<Store> {
  const settings = { poolMax: 10, poolIdle: 2, ...options, url, sealingKeyFile: keyFile };
  const store = await openPostgres(settings, log, new AbortController().signal);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= store.close();
    return closed;
  };
  onTestFinished(close);
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'close') return close;
      const found = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

/** The store that is there, as a connection has to find it that a test makes by itself. */
export async function expectedThere(url: string, info: StoreInfo): Promise<ExpectedStore> {
  const { rows } = await asked(url, 'SELECT timelines->-1 AS noted FROM store');
  return expectedStore(info, rows[0]?.noted, versionOf([]), (error) => {
    throw error;
  });
}
