// A rotation of sealing keys that is interrupted, after and within each of its steps: every entry
// can be read, and the next one goes on to the end.
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { textType } from '../../server/sealing/content.ts';
import type { Writer } from '../../server/store/writer.ts';
import { capturedLog } from './support/captured-log.ts';
import { type Files, keksIn, keyId, openWith, writeKeys } from './support/key-files.ts';
import { filledStore, madeUnder, shownBy, step, writerOf } from './support/rotated-store.ts';
import { startServer } from './support/server-process.ts';
import { copyOf } from './support/store-files.ts';
import { tempFolder } from './support/temp-folder.ts';

const ENTRIES = 300;
const CYCLES = Number(process.env.DUMBKV_ROTATION_KILLS ?? 6);

/** What a store shows that is opened on a copy of the files as they are now. */
async function shownAfterCrash(files: Files) {
  const location = copyOf(files.location);
  const store = await openWith({ ...files, location });
  const shown = await shownBy(store);
  await store.close();
  return shown;
}

/** Rotates to the end, however often it is held up. */
function finish(writer: Writer): void {
  for (let more: boolean | undefined = true; more !== false; more = step(writer)) writer.heal();
}

test('a process that ends after any step leaves every entry readable', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 2, 1);
  const before = await shownAfterCrash(files);
  const writer = writerOf(files);
  let steps = 0;
  for (; step(writer); steps += 1) expect(await shownAfterCrash(files)).toEqual(before);
  expect(await shownAfterCrash(files)).toEqual(before);
  expect(steps).toBeGreaterThan(5);
  writer.close();
});

/** Makes the write after so many others fail on the connection that the writer has now. */
function failAfter(writer: Writer, writes: number): void {
  let left = writes;
  writer.inBackground(({ db }) => {
    db.function('blown', { deterministic: false, directOnly: false }, () => {
      left -= 1;
      return left < 0 ? 1 : 0;
    });
    const changes = ['UPDATE ON entries', 'UPDATE ON sealing_keys', 'INSERT ON sealing_keys'];
    for (const [at, change] of [...changes, 'DELETE ON sealing_keys'].entries()) {
      db.exec(`CREATE TEMP TRIGGER fuse_${at} BEFORE ${change} WHEN blown()
        BEGIN SELECT RAISE(FAIL, 'the disk broke'); END`);
    }
  });
}

test('a step that fails after any number of writes loses nothing, and is made again', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 2, 1);
  const before = await shownAfterCrash(files);
  const { log, lines } = capturedLog();
  const writer = writerOf(files, log);
  let failures = 0;
  for (let writes = 0; ; writes += 7) {
    failAfter(writer, writes);
    let more: boolean | undefined = true;
    while (more === true) more = step(writer);
    if (more === false) break;
    failures += 1;
    expect(step(writer), 'before the store is healed').toBeUndefined();
    expect(await shownAfterCrash(files)).toEqual(before);
    writer.heal();
  }
  expect(failures).toBeGreaterThan(10);
  expect(lines().filter(({ msg }) => msg.includes('was held up'))).toHaveLength(failures);
  expect(madeUnder(files.location)).toEqual([keyId(2)]);
  expect(new Set(keksIn(files.location))).toEqual(new Set([keyId(2)]));
  writer.close();
});

test('after a failure of the disk, nothing that was done before it is trusted', async () => {
  const files = await filledStore(ENTRIES);
  writeKeys(files, 2, 1);
  const before = await shownAfterCrash(files);
  const old = new Database(copyOf(files.location));
  const writer = writerOf(files);
  for (let i = 0; i < 4; i += 1) expect(step(writer)).toBe(true);
  writer.inBackground(({ db }) => db.exec('SELECT * FROM nowhere'));
  old.exec(`ATTACH '${files.location}' AS lost; PRAGMA foreign_keys = OFF;
    INSERT OR REPLACE INTO lost.entries SELECT * FROM entries`);
  old.close();
  writer.heal();
  finish(writer);
  writer.close();
  expect(await shownAfterCrash(files)).toEqual(before);
  expect(madeUnder(files.location)).toEqual([keyId(2)]);
});

test(`killed ${CYCLES} times on its way, a server loses nothing and gets there`, async () => {
  const files = await filledStore(1_500);
  const fills = [1];
  const before = await shownAfterCrash(files);
  const env = { DATABASE_LOCATION: files.location, SEALING_KEY_FILE: files.sealingKeyFile };
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    fills.unshift(fills.length + 1);
    writeKeys(files, ...fills);
    const server = startServer(tempFolder(), env);
    await server.url();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 600));
    await server.end('SIGKILL');
    expect(await shownAfterCrash(files), `cycle ${cycle}`).toEqual(before);
  }
  const writer = writerOf(files);
  finish(writer);
  writer.close();
  writeKeys(files, fills[0] ?? 0);
  expect(await shownAfterCrash(files)).toEqual(before);
  expect(madeUnder(files.location)).toEqual([keyId(fills[0] ?? 0)]);
});

test('without room in reserve nothing is rotated, since nothing may grow', async () => {
  const files = await filledStore(20);
  writeKeys(files, 2, 1);
  rmSync(`${files.location}.reserve`);
  mkdirSync(`${files.location}.reserve`);
  const poor = writerOf(files);
  expect(step(poor)).toBeUndefined();
  poor.close();
  expect(new Set(keksIn(files.location))).toEqual(new Set([keyId(1)]));
  rmdirSync(`${files.location}.reserve`);
  const writer = writerOf(files);
  finish(writer);
  writer.close();
  expect(madeUnder(files.location)).toEqual([keyId(2)]);
});

test('a disk that becomes full holds the rotation up, and no write', async () => {
  const files = await filledStore(20);
  writeKeys(files, 2, 1);
  const writer = writerOf(files);
  writer.inBackground(({ db }) => {
    db.exec(`CREATE TABLE ballast (x); CREATE TEMP TRIGGER grow BEFORE UPDATE ON entries
      BEGIN INSERT INTO ballast VALUES (zeroblob(100000)); END`);
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  });
  expect([step(writer), step(writer)]).toEqual([true, undefined]);
  const put = { op: 'put', database: 0, key: 'new', value: Buffer.from('v') } as const;
  expect(writer.commit([[{ ...put, contentType: textType }]])).toMatchObject([
    { results: [{ created: true }] },
  ]);
  writer.inBackground(({ db }) => {
    db.exec('DROP TRIGGER grow');
    db.pragma('max_page_count = 1000000');
  });
  finish(writer);
  writer.close();
  expect(madeUnder(files.location)).toEqual([keyId(2)]);
});
