// For each key, what the clients of two replicas were told could have come of operations that take
// effect one at a time, while connections are cut, and Postgres goes through failovers.
// Other faults are in the proof `postgres-histories`; `../chaos/linearizable.ts` judges both.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { ReplyError, type StartError } from '../../server/errors.ts';
import type { Condition } from '../../server/store/change.ts';
import type { Store } from '../../server/store/store.ts';
import { Chance } from '../chaos/chance.ts';
import { firstMisfit, type Operation } from '../chaos/linearizable.ts';
import { type Action, type Expected, register } from '../chaos/register.ts';
import { server } from './support/own-postgres.ts';
import { asked, freshDatabase, testWithOwnPostgres } from './support/postgres.ts';
import { openReplica, sealingKeyFile } from './support/postgres-store.ts';
import { waitFor } from './support/wait-for.ts';

const OPERATIONS = Number(process.env.HISTORY_OPERATIONS ?? 3_000);
const SEED = Number(process.env.HISTORY_SEED ?? Date.now() % 2 ** 32);
const CLIENTS = 24;
const KEYS = 4;
const LIMIT_MS = 1_200_000;

type Recorded = { -readonly [P in keyof Operation<Action>]: Operation<Action>[P] };

/** What was told, by key, and which value each revision stands for. */
class History {
  readonly byKey = new Map<string, Recorded[]>();
  readonly #valueOf = new Map<string, string>();
  #now = 0;

  moment(): number {
    this.#now += 1;
    return this.#now;
  }

  note(key: string, called: number, action: Action, isUncertain = false): void {
    const operations = this.byKey.get(key) ?? [];
    this.byKey.set(key, operations);
    const returned = isUncertain ? Number.POSITIVE_INFINITY : this.moment();
    operations.push({ action, called, returned, isUncertain });
  }

  saw(key: string, revision: number, value: string): void {
    const before = this.#valueOf.get(`${key} ${revision}`) ?? value;
    this.#valueOf.set(`${key} ${revision}`, before);
    expect(value, `seed ${SEED}: ${key} at revision ${revision}`).toBe(before);
  }

  end(): void {
    for (const one of [...this.byKey.values()].flat())
      if (one.isUncertain) one.returned = this.moment();
  }
}

/** One client, which waits for each answer and remembers what it saw last. */
class Client {
  readonly #seen = new Map<string, { readonly revision: number; readonly value: string }>();
  readonly #history: History;
  readonly #chance: Chance;
  readonly #stores: readonly Store[];
  readonly #number: number;
  #count = 0;

  constructor(stores: readonly Store[], history: History, chance: Chance, number: number) {
    [this.#stores, this.#history, this.#chance] = [stores, history, chance];
    this.#number = number;
  }

  async step(): Promise<void> {
    const key = `key ${this.#chance.below(KEYS)}`;
    const kind = this.#chance.next();
    if (kind < 0.45) await this.#put(key);
    else if (kind < 0.6) await this.#remove(key);
    else await this.#get(key);
  }

  /** Any of them. */
  get #store(): Store {
    return this.#stores[this.#chance.below(this.#stores.length)] as Store;
  }

  async #get(key: string): Promise<void> {
    const called = this.#history.moment();
    const entry = await this.#store.get(0, key).catch(refused);
    if (entry === 'refused') return void (await delay(50));
    const found = entry === undefined ? null : Buffer.from(entry.value).toString();
    this.#history.note(key, called, { kind: 'get', found });
    if (entry !== undefined && found !== null) this.#saw(key, entry.revision, found);
  }

  async #put(key: string): Promise<void> {
    this.#count += 1;
    const value = `${this.#number} ${this.#count}`;
    const { condition, expected } = this.#condition(key, true);
    const content = { value: Buffer.from(value), contentType: 'text/plain' };
    const change = { op: 'put' as const, database: 0, key, condition, ...content };
    const action = { kind: 'put' as const, value, expected };
    const called = this.#history.moment();
    try {
      const { results, refusal } = await this.#store.write([change]);
      const made = results?.[0];
      const stored = made?.created ? 'created' : 'replaced';
      const outcome = refusal === undefined ? stored : 'refused';
      this.#history.note(key, called, { ...action, outcome });
      if (made !== undefined) this.#saw(key, made.revision, value);
    } catch (error) {
      await this.#failed(error, () =>
        this.#history.note(key, called, { ...action, outcome: 'stored' }, true),
      );
    }
  }

  async #remove(key: string): Promise<void> {
    const { condition, expected } = this.#condition(key, false);
    const called = this.#history.moment();
    const action = { kind: 'remove' as const, expected };
    try {
      const { refusal } = await this.#store.write([{ op: 'remove', database: 0, key, condition }]);
      const outcome = refusal === undefined ? 'done' : 'refused';
      this.#history.note(key, called, { ...action, outcome });
    } catch (error) {
      await this.#failed(error, () =>
        this.#history.note(key, called, { ...action, outcome: 'done' }, true),
      );
    }
  }

  /** What is refused as unavailable was certainly not written. */
  async #failed(error: unknown, uncertain: () => void): Promise<void> {
    if (refused(error) === 'refused' && (error as ReplyError).code === 'DKV_WRITE_UNCERTAIN')
      uncertain();
    await delay(50);
  }

  #condition(key: string, maybeNone: boolean): { condition?: Condition; expected: Expected } {
    const seen = this.#seen.get(key);
    const kind = this.#chance.next();
    if (kind < 0.4) return { expected: undefined };
    if (maybeNone && kind < 0.7) return { condition: { noneMatch: 'any' }, expected: null };
    if (seen === undefined) return { expected: undefined };
    return { condition: { match: [seen.revision] }, expected: seen.value };
  }

  #saw(key: string, revision: number, value: string): void {
    this.#history.saw(key, revision, value);
    this.#seen.set(key, { revision, value });
  }
}

function refused(error: unknown): 'refused' {
  if (!(error instanceof ReplyError)) throw error;
  expect(['DKV_WRITE_UNCERTAIN', 'DKV_STORE_UNAVAILABLE'], String(error.cause)).toContain(
    error.code,
  );
  return 'refused';
}

/** Cuts connections in the middle of what they do. */
const cutSome = (url: string) =>
  asked(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'dumbkv' AND datname = current_database() AND random() < 0.5`,
  );

/** One that loses nothing: to another timeline, where commits wait for a standby at first. */
async function failOver(stores: readonly Store[], chance: Chance): Promise<void> {
  server.configure(`synchronous_standby_names = '*'`);
  await delay(chance.below(300));
  await server.kill();
  writeFileSync(join(server.folder ?? '', 'data/standby.signal'), '');
  await server.start();
  await asked(server.location('postgres'), 'SELECT pg_promote()');
  for (const store of stores) {
    const answers = () => store.state().then(Boolean, () => false);
    await waitFor('the store to answer again', answers);
  }
  server.configure(`synchronous_standby_names = ''`);
}

testWithOwnPostgres(
  'each key is linearizable on two replicas that go through failovers',
  async () => {
    const url = await freshDatabase(server);
    const keyFile = sealingKeyFile();
    const told: StartError[] = [];
    const replaced = (error: StartError) => told.push(error);
    const open = () => openReplica(url, keyFile, { replaced });
    const stores = [await open(), await open()];
    const chance = new Chance(SEED);
    const history = new History();
    let left = OPERATIONS;
    const isOver = () => left <= 0 || told.length > 0;
    const play = async (number: number) => {
      const client = new Client(stores, history, chance, number);
      for (; !isOver(); left -= 1) await client.step();
    };
    const disturb = async () => {
      for (let round = 1; !isOver(); round += 1) {
        await delay(30 + chance.below(200));
        await (round % 4 === 1 ? failOver(stores, chance) : cutSome(url));
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, number) => play(number));
    await Promise.all([...clients, disturb()]);
    expect(told).toEqual([]);
    history.end();
    for (const [key, operations] of history.byKey) {
      expect(firstMisfit(register, operations), `seed ${SEED}: ${key}`).toBeUndefined();
    }
  },
  LIMIT_MS,
);
