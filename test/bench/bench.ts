// Takes the peers through the workloads: each workload's rounds one after the other, and within a
// round the peers in turn, so that what changes with time meets all of them.
// Next: `measure.ts`.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { COUNTED_WRITES, countSyncs } from './count-syncs.ts';
import { probeDisk } from './disk-probe.ts';
import { fill, keyOf, valueWith } from './fill.ts';
import { measureRun } from './measure.ts';
import type { Peer } from './peers/peer.ts';
import type { AtRest, DiskReading, Run } from './report/report.ts';
import { cellOf } from './report/summary.ts';
import { ask, type Running, startPeer } from './running.ts';
import { type Form, STEADY_SHARE, type Workload } from './workloads.ts';

/** Webdis may give somebody the answer to a caller who has hung up. */
const READ_TRIES = 100;

/** After so long a peer that has nothing to do is at rest: its memory is read then. */
const REST_AFTER_MS = 5_000;

export interface BenchParts {
  readonly peers: readonly Peer[];
  readonly workloads: readonly Workload[];
  readonly form: Form;
  readonly folder: string;
  readonly programs: string;
  readonly say: (text: string) => void;
}

interface Started {
  readonly running: Running;
  /** How many keys are in it, by the length of their values. */
  readonly filled: Map<number, number>;
}

export class Bench {
  readonly #parts: BenchParts;
  readonly #runs: Run[] = [];
  readonly #disk: DiskReading[] = [];
  #started: Started[] = [];
  #starts = 0;

  constructor(parts: BenchParts) {
    this.#parts = parts;
  }

  /** Measures everything. */
  async run(): Promise<{ atRest: AtRest[]; runs: Run[]; disk: DiskReading[] }> {
    const { workloads, peers } = this.#parts;
    const atRest: AtRest[] = [];
    // with few keys a peer is at rest as it is with many
    for (const peer of peers.filter(({ keysMax }) => keysMax === undefined)) {
      atRest.push(await this.#lookAtRest(peer));
    }
    for (const cores of ['one', 'both'] as const) {
      const these = workloads.filter((workload) => workload.cores === cores);
      const met = peers.filter(({ name }) => these.some((one) => one.peers.includes(name)));
      for (const peer of met) await this.#keep(await this.#start(peer, cores));
      for (const workload of these) await this.#measure(workload);
      await this.stop();
    }
    return { atRest, runs: this.#runs, disk: this.#disk };
  }

  /** Ends all peers. */
  async stop(): Promise<void> {
    for (const { running } of this.#started.splice(0)) await running.stop();
  }

  #start(peer: Peer, cores: 'one' | 'both'): Promise<Running> {
    const { folder, programs } = this.#parts;
    this.#starts += 1;
    return startPeer(peer, {
      folder: join(folder, `${peer.name}-${this.#starts}`),
      programs,
      cores: cores === 'one' ? '0' : '0,1',
    });
  }

  async #keep(running: Running): Promise<void> {
    running.pause();
    this.#started.push({ running, filled: new Map() });
  }

  async #lookAtRest(peer: Peer): Promise<AtRest> {
    const readyMs: number[] = [];
    for (let left = this.#parts.form.starts; ; left -= 1) {
      const running = await this.#start(peer, 'one');
      readyMs.push(running.readyMs);
      try {
        if (left > 1) continue;
        await delay(REST_AFTER_MS);
        const idlePssBytes = running.pssBytes();
        const syncs = await countSyncs(running);
        this.#parts.say(`${peer.name} is ready after ${readyMs.map(Math.round).join(', ')} ms`);
        return { peer: peer.name, readyMs, idlePssBytes, writes: COUNTED_WRITES, syncs };
      } finally {
        await running.stop();
      }
    }
  }

  async #measure(workload: Workload): Promise<void> {
    const met = this.#started.filter(({ running }) => workload.peers.includes(running.peer.name));
    for (const one of met) await awake(one.running, () => this.#prepare(one, workload));
    const before = workload.operation === 'write' ? probeDisk(this.#parts.folder) : undefined;
    for (let round = 1; round <= this.#parts.form.rounds; round += 1) {
      for (const { running } of met) {
        await awake(running, () => this.#measureOne(running, workload, round));
      }
    }
    if (before === undefined) return;
    this.#disk.push({ workload: workload.id, before, after: probeDisk(this.#parts.folder) });
  }

  /** The keys of a workload are there, and one of them is answered with its value. */
  async #prepare({ running, filled }: Started, workload: Workload): Promise<void> {
    const { peer, origin } = running;
    const { valueBytes } = workload;
    const keys = Math.min(workload.keys, peer.keysMax ?? workload.keys);
    const from = filled.get(valueBytes) ?? 0;
    // an echo gives whatever came last
    if (from < keys || peer.keeps === 'none') {
      await fill(running, { from: Math.min(from, keys - 1), to: keys, valueBytes });
      filled.set(valueBytes, Math.max(from, keys));
    }
    const value = valueWith(valueBytes);
    const encoded = Buffer.from(value).toString('base64');
    let answer = '';
    for (let tries = 0; tries < READ_TRIES; tries += 1) {
      answer = await ask(origin, peer.read(keyOf(keys - 1, valueBytes)));
      if (answer.includes(value) || answer.includes(encoded)) return;
    }
    throw new Error(`${peer.name} does not give what was put: ${answer.slice(0, 200)}`);
  }

  async #measureOne(running: Running, workload: Workload, round: number): Promise<void> {
    const { form, say } = this.#parts;
    const { name } = running.peer;
    const rate = this.#rateOf(workload, name);
    const run = await measureRun(running, workload, { form, round, rate });
    this.#runs.push(run);
    const wait = run.waitMs ? `, p99 ${run.waitMs.p99.toFixed(2)} ms` : '';
    const figures = `${Math.round(run.perSecond)}/s, ${run.cpuMicrosPerRequest.toFixed(1)} us CPU`;
    const others = `others used ${(100 * run.foreignShare).toFixed(0)} %`;
    say(`${workload.id} ${name}: ${figures}${wait}; ${others}, ${run.failures} failed`);
  }

  #rateOf({ id, load }: Workload, peer: string): number | undefined {
    if (!('shareOf' in load)) return undefined;
    const most = cellOf(this.#runs, load.shareOf, peer)?.perSecond;
    if (most === undefined) throw new Error(`${id} needs the workload ${load.shareOf} as well`);
    return Math.max(1, Math.round(STEADY_SHARE * most));
  }
}

async function awake<T>(running: Running, work: () => Promise<T>): Promise<T> {
  running.resume();
  try {
    return await work();
  } finally {
    running.pause();
  }
}
