// Random operations on every engine, each answer compared with that of plain maps. The short form
// runs with the others; `npm run test:model:long` has 100,000 operations for each engine.
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import type { FeedRequest, NamedEntry, ScanRequest, Store } from '../../server/store/store.ts';
import { silentLog } from './support/captured-log.ts';
import { asked, freshDatabase, testWithPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { type Operation, RandomOperations, type Turns } from './support/random-operations.ts';
import { server } from './support/shared-postgres.ts';
import { StoreModel } from './support/store-model.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const OPERATIONS = Number(process.env.MODEL_OPERATIONS ?? 1_000);
const SEED = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 32);
const BEGIN_MS = Date.UTC(2030, 0, 1);

/** An engine in the hands of the test. */
interface Subject {
  store: Store;
  /** Closes and opens again; undefined where data ends with the store. */
  readonly reopen?: () => Promise<Store>;
  /** Sets the clock by which entries end. */
  readonly setClock: (nowMs: number) => Promise<unknown>;
}

class Comparison {
  readonly #model = new StoreModel(BEGIN_MS);
  readonly #operations: RandomOperations;
  readonly #subject: Subject;

  constructor(subject: Subject, turns: Turns) {
    this.#subject = subject;
    this.#operations = new RandomOperations(SEED, this.#model, turns);
  }

  async run(): Promise<void> {
    for (let at = 0; at < OPERATIONS; at += 1) {
      const operation = this.#operations.next();
      await this.#compare(operation).catch((error: Error) => {
        error.message = `seed ${SEED}, operation ${at} (${operation.kind}): ${error.message}`;
        throw error;
      });
    }
    for (const database of [0, 1, 2_147_483_647]) {
      await this.#compareScan({ database, prefix: '', limit: 100, withValues: true });
    }
  }

  async #compare(operation: Operation): Promise<void> {
    const { store } = this.#subject;
    if (operation.kind === 'get') {
      const { database, key } = operation;
      expect(hexed(await store.get(database, key))).toEqual(this.#model.get(database, key));
    } else if (operation.kind === 'write') {
      const made = operation.batches.map((batch) => store.write(batch));
      const expected = operation.batches.map((batch) => this.#model.write(batch));
      expect((await Promise.all(made)).map(withoutMore)).toEqual(expected);
    } else if (operation.kind === 'scan') await this.#compareScan(operation.request);
    else if (operation.kind === 'changes') await this.#compareChanges(operation.request);
    else if (operation.kind === 'reopen') await this.#reopen();
    else if (operation.kind === 'turn') await this.#turn(operation.byMs);
    else expect(await store.state()).toMatchObject(this.#model.state());
  }

  /** A scan to its end, page after page. */
  async #compareScan(request: ScanRequest): Promise<void> {
    const found: NamedEntry[] = [];
    let after: Buffer | undefined;
    do {
      const page = await this.#subject.store.scan({ ...request, after });
      expect(page.unreadable).toBe(0);
      expect(page.entries.length).toBeLessThanOrEqual(request.limit);
      found.push(...page.entries);
      after = page.next;
    } while (after !== undefined);
    const expected = this.#model.entries(request.database, request.prefix ?? '');
    const shown = (key: string) => ({
      ...expected.find((one) => one.key === key),
      ...(request.withValues ? {} : { value: '', contentType: '' }),
    });
    expect(found.map(hexed)).toEqual(found.map(({ key }) => shown(key)));
    expect(found.map(({ key }) => key).sort()).toEqual(expected.map(({ key }) => key).sort());
  }

  async #compareChanges(request: FeedRequest): Promise<void> {
    const page = await this.#subject.store.changes(request);
    const { events, ...rest } = this.#model.changes(request);
    expect(page).toMatchObject({ ...rest, unreadable: 0 });
    expect(page.events.map(({ kind, key, revision }) => ({ kind, key, revision }))).toEqual(events);
    for (const event of page.events) {
      if (event.kind !== 'put' || !request.withValues) continue;
      expect(hexed(event.entry)).toEqual(this.#model.get(request.database, event.key));
    }
  }

  async #reopen(): Promise<void> {
    const { reopen } = this.#subject;
    if (reopen !== undefined) this.#subject.store = await reopen();
  }

  /** A write that ends soon wakes the sweep, which then removes all that the turn has ended. */
  async #turn(byMs: number): Promise<void> {
    const wake = [{ op: 'put', database: 7, key: 'wake', ttlMs: 1, ...WAKE } as const];
    await this.#subject.store.write(wake);
    this.#model.write(wake);
    await this.#subject.setClock(this.#model.nowMs + byMs);
    this.#model.turn(byMs);
    const { revision } = this.#model;
    await waitFor(
      'the sweep',
      async () => (await this.#subject.store.state()).revision >= revision,
    );
    expect(await this.#subject.store.state()).toMatchObject(this.#model.state());
  }
}

const WAKE = { value: Buffer.from('x'), contentType: 'text/plain; charset=utf-8' };

const hexed = <T extends { readonly value: Buffer }>(entry: T | undefined) =>
  entry && { ...entry, value: entry.value.toString('hex') };

const withoutMore = ({ results, refusal }: Awaited<ReturnType<Store['write']>>) =>
  refusal === undefined ? { results } : { refusal };

const openFile = (location: string, mode: 'wal' | 'truncate'): Promise<Store> =>
  openStore({ location, journal: { mode } }, silentLog, new AbortController().signal);

/** Time stands still for the engines that run in this thread, and goes on when the test says so. */
function standStill(): (nowMs: number) => Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS });
  onTestFinished(() => void vi.useRealTimers());
  return async (nowMs) => void vi.setSystemTime(nowMs);
}

function fileSubject(mode: 'wal' | 'truncate', setClock: Subject['setClock']) {
  const location = join(tempFolder(), 'dumbkv.db');
  let store: Store;
  const open = async (): Promise<Store> => {
    store = await openFile(location, mode);
    return store;
  };
  onTestFinished(() => store.close());
  return async (): Promise<Subject> => ({
    store: await open(),
    reopen: () => store.close().then(open),
    setClock,
  });
}

const NEVER = { everyOperations: 0 };
const SOMETIMES = { everyOperations: Math.max(OPERATIONS / 100, 250) };

test('an SQLite file answers as plain maps do', async () => {
  // its writer has a thread of its own, whose clock the test cannot turn: no entry ends here
  const subject = await fileSubject('wal', async () => {})();
  await new Comparison(subject, NEVER).run();
});

test('an SQLite file with a rollback journal answers as plain maps do', async () => {
  const subject = await fileSubject('truncate', standStill())();
  await new Comparison(subject, SOMETIMES).run();
});

test('SQLite in memory answers as plain maps do', async () => {
  const setClock = standStill();
  const options = { location: ':memory:' };
  const store = await openStore(options, silentLog, new AbortController().signal);
  onTestFinished(() => store.close());
  await new Comparison({ store, setClock }, SOMETIMES).run();
});

/** A clock in front of that of Postgres: names are looked up in `public` first. */
const CLOCK = `
  CREATE TABLE clock (now_ms bigint);
  INSERT INTO clock VALUES (${BEGIN_MS});
  CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT to_timestamp(now_ms / 1000.0) FROM public.clock'`;

testWithPostgres('Postgres answers as plain maps do', async () => {
  const url = await freshDatabase(server);
  await asked(url, CLOCK);
  const turned = `${url}?options=-csearch_path%3Dpublic,pg_catalog`;
  const keyFile = sealingKeyFile();
  let store = await openReplica(turned, keyFile);
  const reopen = async () => {
    await store.close();
    store = await openReplica(turned, keyFile);
    return store;
  };
  const setClock = (nowMs: number) => asked(url, `UPDATE public.clock SET now_ms = ${nowMs}`);
  await new Comparison({ store, reopen, setClock }, SOMETIMES).run();
});
