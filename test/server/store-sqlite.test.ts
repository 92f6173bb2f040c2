// SQLite under the store contract, in each way it can write, with a check of the file after each
// test. The contract is in `store-contract.ts`.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { Journal } from '../../server/store/journal.ts';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { storeContract } from './store-contract.ts';
import { silentLog } from './support/captured-log.ts';
import type { StoreUnderTest } from './support/store-under-test.ts';
import { tempFolder } from './support/temp-folder.ts';

const open = (location: string, journal?: Journal): Promise<Store> =>
  openStore(
    { location, ...(journal === undefined ? {} : { journal }) },
    silentLog,
    new AbortController().signal,
  );

async function openFile(journal?: Journal): Promise<StoreUnderTest> {
  const location = join(tempFolder(), 'dumbkv.db');
  let store = await open(location, journal);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open(location, journal);
      return store;
    },
    checkAndClose: async () => {
      await store.close();
      const db = new Database(location, { readonly: true });
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(db.pragma('foreign_key_check')).toEqual([]);
      db.close();
    },
  };
}

async function openMemory(): Promise<StoreUnderTest> {
  const store = await open(':memory:');
  return { store, reopen: undefined, checkAndClose: () => store.close() };
}

storeContract('an SQLite file', () => openFile());
storeContract('an SQLite file with a rollback journal', () => openFile({ mode: 'truncate' }));
storeContract('SQLite in memory', openMemory);
