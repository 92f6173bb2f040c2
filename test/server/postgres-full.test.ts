// A full disk under Postgres: writes are refused as such, what is stored is read, and writing goes
// on once there is room.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { smallVolume, testWithMounts } from './support/machine.ts';
import { server } from './support/own-postgres.ts';
import { asked, hasOwnPostgres, testWithOwnPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const VOLUME_MIB = 48;
const FILLER_MIB = 20;
const MIB = 1024 * 1024;

/** A database whose tables lie on a small volume; the log of Postgres stays where it is. */
async function smallDatabase() {
  const volume = smallVolume(VOLUME_MIB);
  const folder = join(volume, 'tables');
  mkdirSync(folder);
  execFileSync('chown', ['--reference', join(server.folder ?? '', 'data'), volume, folder]);
  const home = server.location('postgres');
  await asked(home, `CREATE TABLESPACE small LOCATION '${folder}'`);
  await asked(home, 'CREATE DATABASE on_small TABLESPACE small');
  const filler = join(volume, 'filler');
  writeFileSync(filler, Buffer.alloc(FILLER_MIB * MIB));
  return { url: server.location('on_small'), filler };
}

const body = async () => {
  const { url, filler } = await smallDatabase();
  const store = await openReplica(url, sealingKeyFile());
  const value = Buffer.alloc(MIB / 2, 'x');
  await put(store, 0, 'small', Buffer.from('v'));
  let kept = 0;
  const refusal = await waitFor('the disk to be full', () =>
    put(store, 0, `large ${kept}`, value).then(
      () => {
        kept += 1;
      },
      (error: unknown) => error,
    ),
  );
  expect(refusal).toMatchObject({ code: 'DKV_STORE_FULL', status: 507 });
  expect(kept).toBeGreaterThan(0);
  for (let at = 0; at < kept; at += 1)
    expect(await valueAt(store, 0, `large ${at}`)).toEqual(value);
  expect(await valueAt(store, 0, `large ${kept}`)).toBeUndefined();
  expect((await store.state()).keys).toBe(kept + 1);
  // what is too much together is made in part
  const mixed = await Promise.allSettled([
    put(store, 0, 'too large', value),
    put(store, 0, 'small', Buffer.from('w')),
  ]);
  expect(mixed.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(await valueAt(store, 0, 'small')).toEqual(Buffer.from('w'));
  rmSync(filler);
  expect((await put(store, 0, 'too large', value)).stored).toBe(true);
  expect(await valueAt(store, 0, 'too large')).toEqual(value);
};

// each of the two says by itself what it needs
if (hasOwnPostgres) testWithMounts('a full disk is told as such, until there is room again', body);
else testWithOwnPostgres('a full disk is told as such, until there is room again', body);
