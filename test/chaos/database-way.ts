// The way from a replica to its Postgres, by which all its connections go, and which can break:
// within a message, at a commit, before the answer to it, or without a word.
// Used by `replicas.ts`; `database-faults.ts` says when.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Chance } from './chance.ts';

/** How a connection breaks; but for silence, the next time that something goes by it. */
export const BREAKS = [
  // some bytes of what is sent go on
  'within a message',
  // what commits goes on, and a moment later nothing is left of the connection
  'at a commit',
  // it is committed, and nobody is told
  'before the answer to a commit',
  // both ends stay as they are, and nothing goes through
  'silence',
] as const;
export type Break = (typeof BREAKS)[number];

interface Connection {
  readonly near: Socket;
  readonly far: Socket;
  breaks: Break | undefined;
}

/** The end of the name of our statement, and of what Postgres says of it. */
const COMMIT = 'commit\0';
const COMMITTED = 'COMMIT\0';
const COMMIT_DELAY_MS = 6;

export class DatabaseWay {
  readonly #listener: Server;
  readonly #target: URL;
  readonly #chance: Chance;
  readonly #connections = new Set<Connection>();
  /** How many connections broke so far, silence left out. */
  broken = 0;

  private constructor(target: URL, chance: Chance) {
    this.#target = target;
    this.#chance = chance;
    this.#listener = createServer((near) => this.#connect(near));
  }

  /** Opens a way to the database of this URL. */
  static async open(url: string, chance: Chance): Promise<DatabaseWay> {
    const way = new DatabaseWay(new URL(url), chance);
    await once(way.#listener.listen(0, '127.0.0.1'), 'listening');
    return way;
  }

  /** Leads to the database by this way. */
  get url(): string {
    const { port } = this.#listener.address() as AddressInfo;
    return Object.assign(new URL(this.#target), { hostname: '127.0.0.1', port }).href;
  }

  /** Has all connections that there are now break so; those that come later are good. */
  breakSo(how: Break): void {
    for (const connection of this.#connections) connection.breaks = how;
  }

  close(): void {
    this.#listener.close();
    for (const connection of this.#connections) cut(connection);
  }

  #connect(near: Socket): void {
    const { hostname, port } = this.#target;
    const connection: Connection = {
      ...{ near, far: connect(Number(port), hostname), breaks: undefined },
    };
    const { far } = connection;
    this.#connections.add(connection);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('data', (bytes: Buffer) => this.#send(connection, bytes));
    far.on('data', (bytes: Buffer) => this.#answer(connection, bytes));
    near.on('close', () => {
      far.destroy();
      this.#connections.delete(connection);
    });
    far.on('close', () => connection.breaks === 'silence' || near.destroy());
  }

  #send(connection: Connection, bytes: Buffer): void {
    const { far, breaks } = connection;
    if (breaks === 'silence') return;
    if (breaks === 'within a message') {
      far.end(bytes.subarray(0, this.#chance.below(bytes.length)), () => this.#cut(connection));
      return;
    }
    far.write(bytes);
    if (breaks !== 'at a commit' || !bytes.includes(COMMIT)) return;
    setTimeout(() => this.#cut(connection), this.#chance.next() * COMMIT_DELAY_MS);
  }

  #answer(connection: Connection, bytes: Buffer): void {
    const { near, breaks } = connection;
    if (breaks === 'silence') return;
    if (breaks === 'before the answer to a commit' && bytes.includes(COMMITTED)) {
      this.#cut(connection);
    } else near.write(bytes);
  }

  #cut(connection: Connection): void {
    this.broken += 1;
    cut(connection);
  }
}

function cut({ near, far }: Connection): void {
  near.destroy();
  far.destroy();
}
