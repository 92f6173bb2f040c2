// The mark that a store was made before: with it beside the sealing keys no second store is made,
// on either engine, and nothing is left of the try; the store itself is served as ever.
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MADE_MARK } from '../../server/store/made-mark.ts';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { silentLog } from './support/captured-log.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyLine } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const STORE_ID = '0190f1f2-7c1e-7d5b-9b1a-0123456789ab';
const VALUE = Buffer.from('v');
const missing = { code: 'DKV_STORE_MISSING', message: expect.stringContaining(MADE_MARK) };

/** A folder such as the operator mounts: a sealing key, and the mark once the store was made. */
function keyFolder() {
  const folder = tempFolder();
  const sealingKeyFile = join(folder, 'sealing-key');
  writeFileSync(sealingKeyFile, sealingKeyLine());
  const mark = join(folder, MADE_MARK);
  const markAs = (text: string) => writeFileSync(mark, text);
  return { sealingKeyFile, mark, markAs };
}

const open = (location: string, sealingKeyFile: string): Promise<Store> => {
  const options = { location, sealingKeyFile, storeId: STORE_ID };
  return openStore(options, silentLog, new AbortController().signal);
};

test('on an empty volume no store is made that was made before', async () => {
  const { sealingKeyFile, mark, markAs } = keyFolder();
  markAs(STORE_ID);
  const volume = tempFolder();
  const location = join(volume, 'dumbkv.db');
  await expect(open(location, sealingKeyFile)).rejects.toMatchObject(missing);
  expect(readdirSync(volume).filter((name) => name.startsWith('dumbkv.db.new'))).toEqual([]);
  expect(readdirSync(volume)).not.toContain('dumbkv.db');
  rmSync(mark);
  await (await open(location, sealingKeyFile)).close();
});

test('where the store is, the mark changes nothing', async () => {
  const { sealingKeyFile, markAs } = keyFolder();
  const location = join(tempFolder(), 'dumbkv.db');
  const made = await open(location, sealingKeyFile);
  await put(made, 0, 'k', VALUE);
  await made.close();
  markAs(STORE_ID);
  const again = await open(location, sealingKeyFile);
  expect(await valueAt(again, 0, 'k')).toEqual(VALUE);
  await again.close();
});

test('whatever the mark says, it counts; an empty one is none', async () => {
  const { sealingKeyFile, markAs } = keyFolder();
  const location = join(tempFolder(), 'dumbkv.db');
  markAs('no id at all');
  await expect(open(location, sealingKeyFile)).rejects.toMatchObject(missing);
  markAs('');
  await (await open(location, sealingKeyFile)).close();
});

test('a mark that cannot be looked at ends the start', async () => {
  const folder = tempFolder();
  const sealingKeyFile = join(folder, 'sealing-key');
  writeFileSync(sealingKeyFile, sealingKeyLine());
  // a link to itself fails for every user, as a folder without rights does for most
  symlinkSync(MADE_MARK, join(folder, MADE_MARK));
  const location = join(folder, 'data', 'dumbkv.db');
  mkdirSync(join(folder, 'data'));
  const refusal = { code: 'DKV_STORE_OPEN_FAILED', message: expect.stringContaining(MADE_MARK) };
  await expect(open(location, sealingKeyFile)).rejects.toMatchObject(refusal);
  expect(readdirSync(join(folder, 'data'))).not.toContain('dumbkv.db');
});

testWithPostgres('in an empty database no store is made that was made before', async () => {
  const { sealingKeyFile, mark, markAs } = keyFolder();
  const [home, empty] = [await freshDatabase(server), await freshDatabase(server)];
  const store = await openReplica(home, sealingKeyFile, { storeId: STORE_ID });
  await put(store, 0, 'k', VALUE);
  markAs(STORE_ID);
  const second = () => openReplica(empty, sealingKeyFile, { storeId: STORE_ID });
  await expect(second()).rejects.toMatchObject(missing);
  const tables = "SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'";
  expect((await asked(empty, tables)).rows).toEqual([]);
  const other = await openReplica(home, sealingKeyFile, { storeId: STORE_ID });
  expect(await valueAt(other, 0, 'k')).toEqual(VALUE);
  rmSync(mark);
  expect((await second()).info().storeId).toBe(STORE_ID);
});
