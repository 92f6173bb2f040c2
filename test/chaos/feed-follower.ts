// A reader of the change feed that follows it over all that happens: when its connection ends it
// goes on by any replica from where it was. Used by `postgres-writes.ts`.
// Next: `revisions.ts` judges what it is told.
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from './chance.ts';
import type { Replicas } from './replicas.ts';
import { type Change, type Revisions, Told } from './revisions.ts';

const PAUSE_MS = 50;
const PATH = '/v1/databases/0/changes?values=true';

interface FollowerParts {
  readonly replicas: Pick<Replicas, 'listening'>;
  readonly revisions: Revisions;
  readonly chance: Chance;
}

export class FeedFollower {
  readonly told = new Told();
  readonly #parts: FollowerParts;
  /** Where it goes on. */
  #position: string | undefined;
  /** How often it had to. */
  turns = 0;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** Reads until this is aborted. Throws at what no feed may tell. */
  async follow(end: AbortSignal): Promise<void> {
    const { replicas, chance } = this.#parts;
    while (!end.aborted) {
      const { listening } = replicas;
      if (listening.length > 0) await this.#read(chance.pick(listening).url, end);
      this.turns += 1;
      await delay(PAUSE_MS);
    }
  }

  /** Resolves when the connection is over. */
  #read(url: string, signal: AbortSignal): Promise<void> {
    const from = this.#position === undefined ? {} : { 'last-event-id': this.#position };
    const headers = { accept: 'text/event-stream', ...from };
    return new Promise((resolve, reject) => {
      const sent = request(new URL(PATH, url), { headers, agent: false, signal }, (reply) => {
        const { statusCode = 0 } = reply;
        if (statusCode !== 200 && statusCode < 500) {
          reject(new Error(`a feed from ${this.#position} was answered with ${statusCode}`));
        }
        let text = '';
        reply.setEncoding('utf8').on('data', (part: string) => {
          const blocks = (text + part).split('\n\n');
          text = blocks.pop() ?? '';
          try {
            if (statusCode === 200) for (const block of blocks) this.#take(block);
          } catch (error) {
            sent.destroy();
            reject(error);
          }
        });
        reply.on('error', () => resolve());
        reply.on('close', () => resolve());
      });
      sent.on('error', () => resolve());
      sent.end();
    });
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const [name = '', ...rest] = line.split(': ');
        return [name, rest.join(': ')];
      }),
    );
    const [type, data] = [fields.get('event'), fields.get('data')];
    if (type === 'unreadable') throw new Error(`a feed cannot read what it tells: ${data}`);
    // it says why the feed ends
    if (type === 'problem') return;
    if (data !== undefined) this.#note(type, JSON.parse(data));
    this.#position = fields.get('id') ?? this.#position;
  }

  #note(type: string | undefined, data: { key: string; revision: string; value?: string }): void {
    const change: Change = {
      key: data.key,
      revision: Number(data.revision),
      value: type === 'put' ? data.value : undefined,
    };
    this.#parts.revisions.see(change);
    this.told.add(change);
  }
}
