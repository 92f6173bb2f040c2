// What a server on Postgres tells of the volume under it: what the administrator has it told, as
// the operator does for its own Postgres, and nothing else.
import { statfsSync } from 'node:fs';
import { expect } from 'vitest';
import { smallVolume, testWithMounts } from './support/machine.ts';
import { ManagedPostgres } from './support/managed-postgres.ts';
import { openApp } from './support/open-app.ts';
import { server } from './support/own-postgres.ts';
import { asked, freshDatabase, hasOwnPostgres, testWithOwnPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { put } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const VOLUME_MIB = 128;
const MIB = 1024 * 1024;
/** As on a volume of that size. */
const SMALL = { max_wal_size: '64MB', min_wal_size: '32MB', shared_buffers: '32MB' };

const managed = async () => {
  const volume = smallVolume(VOLUME_MIB);
  const postgres = new ManagedPostgres(volume, SMALL);
  await postgres.start();
  const store = await openReplica(postgres.url, sealingKeyFile());
  const room = await waitFor('the first figures', async () => (await store.vitals()).volume);
  const { blocks, bavail, bsize } = statfsSync(volume);
  expect(room.sizeBytes).toBe(VOLUME_MIB * MIB);
  expect(room.sizeBytes).toBe(blocks * bsize);
  expect(Math.abs(room.availableBytes - bavail * bsize)).toBeLessThan(20 * MIB);
  expect(room.availableBytes).toBeLessThan(room.sizeBytes);

  const reply = await (await openApp({ store })).send({ url: '/metrics' });
  expect(reply.body).toMatch(/^dumbkv_volume_size_bytes 134217728$/m);
  expect(reply.body).toMatch(/^dumbkv_volume_available_bytes \d+$/m);

  await put(store, 0, 'more', Buffer.alloc(MIB));
  await waitFor('what is written to be seen', async () => {
    const later = (await store.vitals()).volume;
    return later !== undefined && later.availableBytes < room.availableBytes;
  });

  expect(postgres.said).not.toContain('ERROR');
  // the role of the server got no right that it had not
  const denied = ["pg_read_file('/etc/passwd')", "pg_ls_dir('/')", 'pg_ls_waldir()'];
  for (const call of denied) {
    await expect(asked(postgres.url, `SELECT ${call}`)).rejects.toThrow('permission denied');
  }
  const replace = 'CREATE OR REPLACE FUNCTION dumbkv_volume.figures() RETURNS int AS $$ SELECT 1';
  await expect(asked(postgres.url, `${replace} $$ LANGUAGE sql`)).rejects.toThrow('permission');
  await store.close();

  // started again it says the same, and goes on telling
  await postgres.stop();
  await postgres.start();
  const { rows } = await asked(postgres.url, 'SELECT * FROM dumbkv_volume.figures()');
  expect(Number(rows[0]?.size_bytes)).toBe(VOLUME_MIB * MIB);
};

const name = "the volume of the operator's Postgres is measured, and nothing more";
// each of the two says by itself what it needs
if (hasOwnPostgres) testWithMounts(name, managed);
else testWithOwnPostgres(name, managed);

testWithOwnPostgres('of a Postgres that tells nothing of its volume, nothing is told', async () => {
  const store = await openReplica(await freshDatabase(server), sealingKeyFile());
  expect((await store.vitals()).volume).toBeUndefined();
  const reply = await (await openApp({ store })).send({ url: '/metrics' });
  expect(reply.body).not.toMatch(/^dumbkv_volume_\w+ \d/m);
});

testWithOwnPostgres('figures that may not be asked for, or are none, are not told', async () => {
  const url = await freshDatabase(server);
  const store = await openReplica(url, sealingKeyFile());
  await asked(url, 'CREATE SCHEMA dumbkv_volume');
  expect((await store.vitals()).volume).toBeUndefined();
  const figures = (body: string) =>
    asked(
      url,
      'CREATE OR REPLACE FUNCTION dumbkv_volume.figures(OUT size_bytes bigint, ' +
        `OUT available_bytes bigint) LANGUAGE sql AS '${body}'`,
    );
  await figures('SELECT 1000, NULL::bigint');
  expect((await store.vitals()).volume).toBeUndefined();
  await figures('SELECT 1/0, 2');
  const { volume, sealing } = await store.vitals();
  expect(volume).toBeUndefined();
  expect(sealing).toBeDefined();
  await figures('SELECT 1000, 400');
  expect((await store.vitals()).volume).toEqual({ sizeBytes: 1000, availableBytes: 400 });
});
