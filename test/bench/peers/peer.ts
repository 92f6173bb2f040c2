// What a peer is: how it is started, how it is spoken to, and how many keys come into it at once.
// Next: `peers.ts` lists them, `../running.ts` starts them.

/** A request before it has an address. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Where a peer runs: folders are its own, ports are free. */
export interface Place {
  readonly folder: string;
  readonly port: number;
  /** For what a peer needs besides: its database, or its own peers. */
  readonly innerPort: number;
  /** The cache that `install` filled. */
  readonly programs: string;
}

/** One process of a peer. */
export interface Command {
  readonly run: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Keys to be there before a workload begins. */
export interface Filling {
  readonly keys: readonly string[];
  readonly value: string;
}

export interface Peer {
  readonly name: string;
  readonly title: string;
  /** What keeps the values; `none` for the echoes, which keep nothing. */
  readonly keeps: 'durably' | 'none';
  readonly readyPath: string;
  /** It is to hold no more keys than these, whatever a workload asks for. */
  readonly keysMax?: number;
  /** Its processes, in the order in which they start; the last one is the one that answers. */
  commands(place: Place): Command[];
  read(key: string): HttpRequest;
  write(key: string, value: string): HttpRequest;
  /** Asks for its metrics. */
  readonly scrape?: HttpRequest;
  /** Requests that put keys into it. */
  fill(filling: Filling): HttpRequest[];
  /** In place of `fill`, where asking it for each key would take too long. */
  fillFrom?(place: Place, filling: Filling): void;
}

/** The contract of DumbKV: ours, and that of the original. */
export const kvContract = (headers: Readonly<Record<string, string>> = {}) => {
  const json = { 'content-type': 'application/json', ...headers };
  const write = (key: string, value: string): HttpRequest => ({
    method: 'PUT',
    path: '/kv',
    headers: json,
    body: JSON.stringify({ key, value }),
  });
  return {
    read: (key: string): HttpRequest => ({
      method: 'POST',
      path: '/kv',
      headers: json,
      body: JSON.stringify({ key }),
    }),
    write,
    fill: ({ keys, value }: Filling) => keys.map((key) => write(key, value)),
  };
};

/** Parts of at most this many, in their order. */
export const partsOf = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
