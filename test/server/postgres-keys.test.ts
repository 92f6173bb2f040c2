// Sealing keys of several replicas: a file that changes without a restart, replicas whose files
// differ for a while, and keys that are damaged or missing.
import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import { parseSealingKeyFile } from '../../server/sealing/key-file.ts';
import type { Batch } from '../../server/store/change.ts';
import { tryRotationLock } from '../../server/store/postgres/rotation-statements.ts';
import type { Store } from '../../server/store/store.ts';
import { capturedLog } from './support/captured-log.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { steppedRotation, writerBeside } from './support/postgres-rotation.ts';
import { openReplica, sealingKeyFile, sealingKeyLine } from './support/postgres-store.ts';
import { server } from './support/shared-postgres.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const value = Buffer.from('value');
const idOf = (line: string): string => parseSealingKeyFile(line)[0]?.id ?? '';

/** By which keys of the file the keys of the store are wrapped. */
const wrapping = async (url: string): Promise<string[]> => {
  const { rows } = await asked(url, 'SELECT DISTINCT kek_id FROM sealing_keys');
  return rows.map(({ kek_id }) => String(kek_id));
};

const wrappedBy = (url: string, line: string) =>
  waitFor('the keys to be wrapped anew', async () => String(await wrapping(url)) === idOf(line));

testWithPostgres(
  'a new first key wraps all keys without a restart, and the old may go',
  async () => {
    const url = await freshDatabase(server);
    const [old, fresh] = [sealingKeyLine(), sealingKeyLine()];
    const file = sealingKeyFile(old);
    const store = await openReplica(url, file);
    await put(store, 0, 'before', value);
    expect(await wrapping(url)).toEqual([idOf(old)]);
    writeFileSync(file, `${fresh}${old}`);
    await wrappedBy(url, fresh);
    await put(store, 0, 'after', value);
    writeFileSync(file, fresh);
    await store.close();
    const again = await openReplica(url, file);
    expect(await valueAt(again, 0, 'before')).toEqual(value);
    expect(await valueAt(again, 0, 'after')).toEqual(value);
    const made = `SELECT DISTINCT made_under AS id FROM sealing_keys WHERE purpose = 'data'`;
    await waitFor('the old data key to go', async () => {
      const { rows } = await asked(url, made);
      return rows.length === 1 && rows[0].id === idOf(fresh);
    });
  },
);

testWithPostgres('a start wraps what an older key wraps', async () => {
  const url = await freshDatabase(server);
  const [old, fresh] = [sealingKeyLine(), sealingKeyLine()];
  const store = await openReplica(url, sealingKeyFile(old));
  await put(store, 0, 'k', value);
  await store.close();
  const again = await openReplica(url, sealingKeyFile(fresh, old));
  await wrappedBy(url, fresh);
  expect(await valueAt(again, 0, 'k')).toEqual(value);
});

testWithPostgres('a file that lacks a key in use is refused, and writing goes on', async () => {
  const url = await freshDatabase(server);
  const old = sealingKeyLine();
  const file = sealingKeyFile(old);
  const { log, lines } = capturedLog();
  const store = await openReplica(url, file, { log });
  await put(store, 0, 'k', value);
  writeFileSync(file, sealingKeyLine());
  const complaint = await waitFor('a complaint', () =>
    lines().find(({ msg }) => msg.includes('the old keys stay')),
  );
  expect(complaint.reason).toContain(idOf(old));
  await put(store, 0, 'k', value);
  expect(await valueAt(store, 0, 'k')).toEqual(value);
  expect(await wrapping(url)).toEqual([idOf(old)]);
});

testWithPostgres('a key that was made for a refused write is not kept by a later one', async () => {
  const url = await freshDatabase(server);
  const [old, fresh] = [sealingKeyLine(), sealingKeyLine()];
  const store = await openReplica(url, sealingKeyFile(old));
  const { writer, sealer } = await writerBeside(url, store, old);
  await put(store, 0, 'k', value);
  const absent: Batch = [
    { op: 'add', database: 0, key: 'n', delta: 1n, condition: { match: 'any' } },
  ];
  expect(await writer.commit([absent])).toMatchObject([{ refusal: { reason: 'condition' } }]);
  await (await steppedRotation(url, store, `${fresh}${old}`)).steps(1);
  sealer.ring.useKeks(parseSealingKeyFile(`${fresh}${old}`));
  await writer.commit([[{ op: 'remove', database: 0, key: 'k' }]]);
  // or the log would have said in vain that the old line may be removed
  expect(await wrapping(url)).toEqual([idOf(fresh)]);
  await writer.close();
});

testWithPostgres('while the store cannot take a new first key, the old one wraps', async () => {
  const url = await freshDatabase(server);
  const [old, fresh] = [sealingKeyLine(), sealingKeyLine()];
  const file = sealingKeyFile(old);
  const { log, lines } = capturedLog();
  const store = await openReplica(url, file, { log });
  await put(store, 0, 'k', value);
  await asked(
    url,
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$;
     CREATE TRIGGER refuse BEFORE UPDATE ON sealing_keys EXECUTE FUNCTION refuse()`,
  );
  writeFileSync(file, `${fresh}${old}`);
  await waitFor('a complaint', () => lines().find(({ msg }) => msg.includes('the old keys stay')));
  await put(store, 0, 'k', value);
  expect(await wrapping(url)).toEqual([idOf(old)]);
  writeFileSync(file, old);
  const again = await openReplica(url, file);
  expect(await valueAt(again, 0, 'k')).toEqual(value);
  await asked(url, 'DROP TRIGGER refuse ON sealing_keys');
  writeFileSync(file, `${fresh}${old}`);
  await wrappedBy(url, fresh);
});

/** Leaves the entries as they are sealed: as if another replica were at it. */
async function holdRotation(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  const { text, values } = tryRotationLock().config;
  expect((await client.query(text, values)).rows).toEqual([{ isOurs: true }]);
}

testWithPostgres('a replica whose file is behind says so, until it is not', async () => {
  const url = await freshDatabase(server);
  await holdRotation(url);
  const [old, fresh] = [sealingKeyLine(), sealingKeyLine()];
  const files = [sealingKeyFile(old), sealingKeyFile(old)] as const;
  const [ahead, behind] = [await openReplica(url, files[0]), await openReplica(url, files[1])];
  await put(ahead, 0, 'before', value);
  expect(await valueAt(behind, 0, 'before')).toEqual(value);
  writeFileSync(files[0], `${fresh}${old}`);
  await wrappedBy(url, fresh);
  await put(ahead, 0, 'after', value);
  // it has the keys that it met, and cannot unwrap the new one
  expect(await valueAt(behind, 0, 'before')).toEqual(value);
  await expect(behind.get(0, 'after')).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  const page = behind.scan({ database: 0, limit: 10, withValues: true });
  await expect(page).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  await put(behind, 0, 'of the other', value);
  expect(await ahead.get(0, 'of the other')).toMatchObject({ value });
  writeFileSync(files[1], `${fresh}${old}`);
  await waitFor('the new file', () => behind.get(0, 'after').catch(() => undefined));
  await wrappedBy(url, fresh);
});

const add = { op: 'add', database: 0, key: 'n', delta: 1n } as const;

/** Two replicas of which one has sealed a counter, with the key files of both. */
async function sealedCounter() {
  const url = await freshDatabase(server);
  const [old, fresh] = [sealingKeyLine(), sealingKeyLine()];
  const files = [sealingKeyFile(old), sealingKeyFile(old)] as const;
  const [ahead, other] = [await openReplica(url, files[0]), await openReplica(url, files[1])];
  await put(other, 0, 'to be replaced', value);
  return { url, files, text: `${fresh}${old}`, fresh, ahead, other };
}

/** A group of batches: what comes while a first one is under way shares a commit. */
async function writtenTogether(store: Store) {
  const first = put(store, 0, 'first', value);
  const group = [
    put(store, 0, 'before', value),
    store.write([{ ...add }]),
    put(store, 0, 'to be replaced', value),
    store.write([{ ...add, key: 'm' }]),
  ] as const;
  await first;
  return Promise.allSettled(group);
}

testWithPostgres('a counter that another replica has sealed is met with its key', async () => {
  const { ahead, other } = await sealedCounter();
  await ahead.write([add]);
  const [, added] = await writtenTogether(other);
  expect(added).toMatchObject({ status: 'fulfilled', value: { results: [{ counter: 2n }] } });
});

testWithPostgres('one whose key it cannot have fails alone, until it can', async () => {
  const { url, files, text, fresh, ahead, other } = await sealedCounter();
  writeFileSync(files[0], text);
  await wrappedBy(url, fresh);
  await ahead.write([add]);
  const [before, added, replaced, counted] = await writtenTogether(other);
  expect(added).toMatchObject({ status: 'rejected', reason: { code: 'DKV_STORE_UNAVAILABLE' } });
  for (const one of [before, replaced]) expect(one).toMatchObject({ value: { stored: true } });
  expect(counted).toMatchObject({ value: { results: [{ counter: 1n }] } });
  expect(await valueAt(other, 0, 'before')).toEqual(value);
  writeFileSync(files[1], text);
  await waitFor('the new file', () => other.get(0, 'n').catch(() => undefined));
  expect(await other.write([add])).toMatchObject({ results: [{ counter: 2n }] });
});

testWithPostgres('a key that opens nowhere is left as it is, and named', async () => {
  const url = await freshDatabase(server);
  const [old, fresh] = [sealingKeyLine(), sealingKeyLine()];
  const store = await openReplica(url, sealingKeyFile(old));
  await put(store, 0, 'k', value);
  await store.close();
  await asked(url, `UPDATE sealing_keys SET wrapped = '\\x0102' WHERE purpose = 'data'`);
  const { log, lines } = capturedLog();
  await openReplica(url, sealingKeyFile(fresh, old), { log });
  const says = 'a key is damaged, so it stays as it is; the key that wraps it must stay too';
  const line = await waitFor('word of it', () => lines().find(({ msg }) => msg === says));
  expect(line).toMatchObject({ sealingKeyId: idOf(old) });
  await waitFor('the rest', async () => (await wrapping(url)).includes(idOf(fresh)));
  expect((await wrapping(url)).sort()).toEqual([idOf(old), idOf(fresh)].sort());
});
