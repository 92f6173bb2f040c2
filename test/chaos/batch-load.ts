// Writers that send batches, one at a time, each of its own keys and its own counter, now and then
// by another replica, and read back what they wrote by yet another one.
// Used by `postgres-writes.ts`. Next: `ledger.ts` and `revisions.ts` judge the answers.
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../server/support/wait-for.ts';
import { type BatchOperation, type BatchResult, sendBatch } from './batch-client.ts';
import type { Chance } from './chance.ts';
import { codeOf, type HttpClient, REFUSALS } from './http-client.ts';
import { type Ledger, type State, valueFor } from './ledger.ts';
import type { Replicas } from './replicas.ts';
import type { Revisions } from './revisions.ts';

const CHANGES_MAX = 3;
const DELETIONS_SHARE = 0.25;
const READ_SHARE = 0.4;
const VALUES_BYTES = 200;
const HOT_POWER = 3;
const PAUSE_MS = 50;

interface LoadParts {
  readonly replicas: Pick<Replicas, 'listening'>;
  readonly ledger: Ledger;
  readonly revisions: Revisions;
  readonly chance: Chance;
  readonly keysPerWriter: number;
}

interface Sent {
  readonly key: string;
  readonly state: State;
}

export class BatchLoad {
  readonly #parts: LoadParts;
  readonly #writers: Writer[];
  isOver = false;

  constructor(parts: LoadParts, writers: number) {
    this.#parts = parts;
    this.#writers = Array.from({ length: writers }, (_, number) => new Writer(parts, number));
  }

  /** How many batches were acknowledged, and of how many nobody knows. */
  get acknowledged(): number {
    return this.#writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  get uncertain(): number {
    return this.#writers.reduce((sum, { uncertain }) => sum + uncertain, 0);
  }

  /** Writes until it is over. Throws at an answer that is never right. */
  async run(): Promise<void> {
    const { replicas, chance } = this.#parts;
    const one = async (writer: Writer) => {
      while (!this.isOver) {
        const { listening } = replicas;
        const wasMade = listening.length > 0 && (await writer.write(chance.pick(listening).client));
        if (wasMade && chance.happens(READ_SHARE)) await writer.readBack();
        else if (!wasMade) await delay(PAUSE_MS);
      }
    };
    await Promise.all(this.#writers.map(one));
  }

  /** Throws where something is not as acknowledged, now that nothing is under way. */
  async expectNothingLost(http: HttpClient): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.expectNothingLost(http)));
  }
}

class Writer {
  readonly #parts: LoadParts;
  readonly #number: number;
  readonly #counter: string;
  /** What the counter holds at least, and at the most. */
  #count = { low: 0, high: 0 };
  #place = 0;
  acknowledged = 0;
  uncertain = 0;

  constructor(parts: LoadParts, number: number) {
    this.#parts = parts;
    this.#number = number;
    this.#counter = `${number}/counter`;
  }

  /** Gives whether it was acknowledged. */
  async write(http: HttpClient): Promise<boolean> {
    const { ledger, revisions } = this.#parts;
    const sent = this.#changes();
    const operations: BatchOperation[] = sent.map(({ key, state }) =>
      state === undefined ? { op: 'delete', key } : { op: 'put', key, value: state },
    );
    for (const { key, state } of sent) ledger.sent(key, state);
    this.#count.high += 1;
    const after = revisions.highest;
    const outcome = await sendBatch(http, [...operations, { op: 'add', key: this.#counter }]);
    if (outcome === 'unknown') this.uncertain += 1;
    else if (outcome === 'nothing') this.#takeBack(sent);
    else this.#take(sent, outcome, after);
    return typeof outcome !== 'string';
  }

  /** Reads one of its keys, or the counter, by any replica. */
  async readBack(): Promise<void> {
    const { replicas, chance, keysPerWriter } = this.#parts;
    const { listening } = replicas;
    if (listening.length === 0) return;
    const { client } = chance.pick(listening);
    const at = chance.below(keysPerWriter + 1);
    if (at === keysPerWriter) this.#checkCounter(await read(client, this.#counter));
    else await this.#readKey(client, `${this.#number}/${at}`);
  }

  async expectNothingLost(http: HttpClient): Promise<void> {
    const { ledger, keysPerWriter } = this.#parts;
    for (let at = 0; at < keysPerWriter; at += 1) {
      const key = `${this.#number}/${at}`;
      ledger.settle(key, (await untilKnown(key, () => this.#readKey(http, key))).state);
    }
    this.#checkCounter(await untilKnown(this.#counter, () => read(http, this.#counter)));
  }

  /** Some of its keys, each once, with what they are to become. */
  #changes(): Sent[] {
    const { ledger, chance, keysPerWriter } = this.#parts;
    const count = 1 + chance.below(CHANGES_MAX);
    // some often, others hardly ever: what is lost must not be written anew before it is missed
    const anyPlace = () => Math.floor(keysPerWriter * chance.next() ** HOT_POWER);
    const places = new Set(Array.from({ length: count }, anyPlace));
    return [...places].map((at) => {
      const key = `${this.#number}/${at}`;
      this.#place += 1;
      const isDeletion = ledger.stateOf(key) !== undefined && chance.happens(DELETIONS_SHARE);
      const value = valueFor(key, this.#place, chance.below(VALUES_BYTES));
      return { key, state: isDeletion ? undefined : value };
    });
  }

  #takeBack(sent: readonly Sent[]): void {
    for (const { key } of sent) this.#parts.ledger.refused(key);
    this.#count.high -= 1;
  }

  #take(sent: readonly Sent[], results: readonly BatchResult[], after: number): void {
    const { ledger, revisions } = this.#parts;
    this.acknowledged += 1;
    for (const [at, { key, state }] of sent.entries()) {
      ledger.acknowledged(key, state);
      const { revision = 0 } = results[at] ?? {};
      // what was not there was not removed
      if (revision > 0) revisions.acknowledge({ key, revision, value: state }, after);
      else if (state !== undefined) throw new Error(`${key} was stored without a revision`);
    }
    const { revision = 0, value } = results[sent.length] ?? {};
    revisions.acknowledge({ key: this.#counter, revision, value }, after);
    this.#count.low += 1;
    this.#checkCounter({ state: value });
    this.#count = { low: Number(value), high: Number(value) };
  }

  async #readKey(http: HttpClient, key: string): Promise<Found> {
    const { ledger } = this.#parts;
    const found = await read(http, key);
    if (found === 'unknown') return found;
    const complaint = ledger.complaint(key, found.state);
    if (complaint !== undefined) throw new Error(complaint);
    return found;
  }

  #checkCounter(found: Found): void {
    if (found === 'unknown') return;
    const { low, high } = this.#count;
    const value = Number(found.state ?? 0);
    if (value >= low && value <= high) return;
    throw new Error(`${this.#counter}: found ${value}, but ${low} to ${high} must be there`);
  }
}

type Known = { readonly state: State };
type Found = Known | 'unknown';

/** A replica may still have to find its way back to Postgres. */
const untilKnown = (key: string, look: () => Promise<Found>): Promise<Known> =>
  waitFor(`${key} to be read`, async () => {
    const found = await look();
    return found === 'unknown' ? undefined : found;
  });

async function read(http: HttpClient, key: string): Promise<Found> {
  const path = `/v1/databases/0/keys/${encodeURIComponent(key)}`;
  const reply = await http.send({ method: 'GET', path, headers: {} });
  const { status, text } = reply;
  if (status === 200) return { state: text };
  if (status === 404) return { state: undefined };
  if (status === 0 || REFUSALS.includes(codeOf(reply) ?? '')) return 'unknown';
  throw new Error(`reading ${key} was answered with ${status}: ${text.slice(0, 200)}`);
}
