// What is measured, against whom, and in what order; and the two forms, short and long.
// Next: `measure.ts` runs them, `report/` tells of them.

export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly operation: 'read' | 'write' | 'mix' | 'scrape';
  readonly valueBytes: number;
  /** Keys that are there before, and how many of them are asked for. */
  readonly keys: number;
  readonly keysAsked: number;
  readonly peers: readonly string[];
  /** So many connections as fast as they can, or a share of what another workload reached. */
  readonly load: { readonly connections: number } | { readonly shareOf: string };
  /** Servers on one core and the generator on the other, or all of them on both. */
  readonly cores: 'one' | 'both';
}

/** How long and how often. */
export interface Form {
  readonly name: 'short' | 'long';
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Starts of each peer, of which the median counts. */
  readonly starts: number;
  /** The many keys of the large data set. */
  readonly manyKeys: number;
}

export const SHORT: Form = {
  name: 'short',
  rounds: 1,
  seconds: 5,
  warmUpSeconds: 1,
  starts: 3,
  manyKeys: 100_000,
};

export const LONG: Form = {
  name: 'long',
  rounds: 5,
  seconds: 20,
  warmUpSeconds: 5,
  starts: 9,
  manyKeys: 1_000_000,
};

/** The share of its own maximum at which a peer's percentiles are taken. */
export const STEADY_SHARE = 0.7;

const HOT_KEYS = 1_000;
const WRITTEN_KEYS = 20_000;
const LARGE_WRITTEN_KEYS = 2_000;
const MANY_ASKED = 100_000;
const SMALL_BYTES = 100;
const LARGE_BYTES = 10 * 1024;

const STORES = ['dumbkv', 'postgres', 'fastapi', 'webdis', 'etcd'];
const WITH_ECHO = [...STORES, 'fastify-echo'];
const ALL = [...WITH_ECHO, 'unsealed', 'one-by-one', 'fastify-pg', 'http-echo'];
const SCRAPED = ['dumbkv', 'few', 'postgres', 'postgres-few'];

const hot = { valueBytes: SMALL_BYTES, keys: HOT_KEYS, keysAsked: HOT_KEYS, cores: 'one' } as const;
const large = { ...hot, valueBytes: LARGE_BYTES };

const read = (connections: number, peers: readonly string[]): Workload => ({
  ...hot,
  id: `read-${connections}`,
  title: `Hot reads, 100 B, connections: ${connections}`,
  operation: 'read',
  peers,
  load: { connections },
});

const write = (connections: number, peers: readonly string[]): Workload => ({
  ...hot,
  id: `write-${connections}`,
  title: `Durable writes, 100 B, connections: ${connections}`,
  operation: 'write',
  keysAsked: WRITTEN_KEYS,
  peers,
  load: { connections },
});

const steady = (operation: 'read' | 'write', of: Workload): Workload => ({
  ...of,
  id: `${operation}-steady`,
  title: `Open loop at 70 % of the own maximum: ${operation}s, 100 B`,
  peers: WITH_ECHO,
  load: { shareOf: of.id },
});

const onBothCores = (of: Workload): Workload => ({
  ...of,
  id: `${of.id}-both`,
  title: `${of.title}, servers and generator on both cores`,
  peers: WITH_ECHO,
  cores: 'both',
});

/** All workloads of a form. */
export function workloadsOf({ name, manyKeys }: Form): Workload[] {
  const [read64, write64] = [read(64, ALL), write(64, ALL)];
  const connections = { connections: 64 };
  return [
    ...(name === 'long' ? [read(1, WITH_ECHO)] : []),
    read64,
    ...(name === 'long' ? [read(512, WITH_ECHO)] : []),
    write(1, WITH_ECHO),
    write64,
    write(512, WITH_ECHO),
    {
      ...hot,
      id: 'mix-64',
      title: '90 % reads, 10 % durable writes, 100 B, connections: 64',
      operation: 'mix',
      peers: WITH_ECHO,
      load: connections,
    },
    {
      ...read64,
      ...large,
      id: 'read-large',
      title: 'Hot reads, 10 KiB, connections: 64',
      peers: WITH_ECHO,
    },
    {
      ...write64,
      ...large,
      id: 'write-large',
      title: 'Durable writes, 10 KiB, connections: 64',
      keysAsked: LARGE_WRITTEN_KEYS,
      peers: WITH_ECHO,
    },
    steady('read', read64),
    steady('write', write64),
    {
      ...read64,
      id: 'read-many',
      title: `Reads over ${manyKeys.toLocaleString('en')} keys, 100 B, connections: 64`,
      keys: manyKeys,
      keysAsked: Math.min(manyKeys, MANY_ASKED),
      peers: STORES,
    },
    {
      ...hot,
      id: 'scrape',
      title: `Scrapes of the metrics with ${manyKeys.toLocaleString('en')} keys, connections: 1`,
      operation: 'scrape',
      keys: manyKeys,
      keysAsked: 1,
      peers: SCRAPED,
      load: { connections: 1 },
    },
    onBothCores(read64),
    onBothCores(write64),
  ];
}

/** How long the runs take by themselves, without starts and fillings. */
export const secondsOf = (form: Form, workloads: readonly Workload[], names: readonly string[]) =>
  workloads.reduce(
    (sum, { peers }) => sum + peers.filter((peer) => names.includes(peer)).length,
    0,
  ) *
  form.rounds *
  (form.seconds + form.warmUpSeconds);
