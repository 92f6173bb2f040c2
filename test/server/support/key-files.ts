// Sealing key files as tests write them: keys told apart by one number, and what a store's file
// says of the keys in it.
// Used by tests of keys that change.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sealingKeyFileText, sealingKeyFingerprint } from '../../../server/sealing/key-file.ts';
import { openStore, type StoreOptions } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import { silentLog } from './captured-log.ts';
import { tempFolder } from './temp-folder.ts';

export interface Files {
  readonly location: string;
  readonly sealingKeyFile: string;
}

/** The text of a file with these keys, the sealing one first. */
export const keyText = (...fills: number[]): string =>
  fills.map((fill) => sealingKeyFileText(Buffer.alloc(32, fill))).join('');

export const keyId = (fill: number): string => sealingKeyFingerprint(Buffer.alloc(32, fill));

/** Puts a file in the place of another one: nobody reads it half written. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.draft`, text);
  renameSync(`${path}.draft`, path);
}

/** Puts another key file in the place of the one before. */
export const writeKeys = ({ sealingKeyFile }: Files, ...fills: number[]): void =>
  replaceFile(sealingKeyFile, keyText(...fills));

/** Where a store can be made, with a key file of key 1. */
export function newFiles(): Files {
  const folder = tempFolder();
  const files = { location: join(folder, 'dumbkv.db'), sealingKeyFile: join(folder, 'key') };
  writeKeys(files, 1);
  return files;
}

export const openWith = (options: StoreOptions, log = silentLog): Promise<Store> =>
  openStore(options, log, new AbortController().signal);

/** One column of a statement's rows, read from the file of a store, open or not. */
export function columnIn(location: string, sql: string): unknown[] {
  const db = new Database(location, { readonly: true });
  try {
    return db.prepare(sql).pluck().all();
  } finally {
    db.close();
  }
}

/** By which keys those of a store are wrapped, the lookup key first. */
export const keksIn = (location: string): unknown[] =>
  columnIn(location, 'SELECT kek_id FROM sealing_keys ORDER BY id');
