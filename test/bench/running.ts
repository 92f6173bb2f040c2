// A peer that runs: its processes bound to their cores, stopped while another one is measured, and
// what is seen of them.
// Next: `measure.ts`.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpRequest, Peer, Place } from './peers/peer.ts';
import { readProcesses, readPssBytes, treeOf } from './process-tree.ts';

const READY_TRIES_EVERY_MS = 2;
const READY_LIMIT_MS = 30_000;

/** The first processes of peers that run: in groups of their own they outlive who started them. */
const roots = new Set<number>();

/** Ends every peer at once, whatever it is doing; for when the benchmark itself ends early. */
export function killPeers(): void {
  signalAll([...roots], 'SIGKILL');
  roots.clear();
}

export interface Running {
  readonly peer: Peer;
  readonly place: Place;
  readonly origin: string;
  readonly pids: readonly number[];
  /** From the start of its first process to its first 200. */
  readonly readyMs: number;
  pssBytes(): number;
  /** Lets it use no processor at all, or go on. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface StartPlace {
  readonly folder: string;
  readonly programs: string;
  /** As taskset takes them: `0`, or `0,1`. */
  readonly cores: string;
}

/** Starts a peer in an empty folder of its own and waits until it answers. */
export async function startPeer(peer: Peer, { folder, programs, cores }: StartPlace) {
  mkdirSync(folder, { recursive: true });
  const place = { folder, programs, port: await freePort(), innerPort: await freePort() };
  const commands = peer.commands(place);
  const startMs = performance.now();
  const log = openSync(join(folder, 'output.log'), 'a');
  const children = commands.map(({ run, env }) =>
    spawn('taskset', ['-c', cores, ...run], {
      cwd: folder,
      env: { ...environmentWith(programs), ...env },
      // a group of its own, so that all of it can be stopped at once
      detached: true,
      stdio: ['ignore', log, log],
    }),
  );
  closeSync(log);
  for (const { pid } of children) if (pid !== undefined) roots.add(pid);
  const origin = `http://127.0.0.1:${place.port}`;
  try {
    await answered(`${origin}${peer.readyPath}`, children, folder);
  } catch (error) {
    await stopAll(children);
    throw error;
  }
  return running(peer, place, children, performance.now() - startMs);
}

function running(
  peer: Peer,
  place: Place,
  children: readonly ChildProcess[],
  readyMs: number,
): Running {
  const pids = children.flatMap(({ pid }) => pid ?? []);
  return {
    peer,
    place,
    origin: `http://127.0.0.1:${place.port}`,
    pids,
    readyMs,
    pssBytes: () => readPssBytes(pids),
    pause: () => signalAll(pids, 'SIGSTOP'),
    resume: () => signalAll(pids, 'SIGCONT'),
    stop: () => stopAll(children),
  };
}

const environmentWith = (programs: string): NodeJS.ProcessEnv => ({
  PATH: `${join(programs, 'debian/usr/bin')}:${process.env.PATH}`,
  LD_LIBRARY_PATH: join(programs, 'debian/usr/lib/x86_64-linux-gnu'),
});

/** What the load generators need to start. */
export const generatorEnvironment = environmentWith;

/** Each process by itself: those of Postgres leave the group of the first one. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  const told = new Set<number>();
  // those that come while others are told are told too
  for (let before = -1; told.size > before; ) {
    before = told.size;
    for (const { pid } of treeOf(readProcesses(), pids)) {
      if (!told.has(pid)) signalOne(pid, signal);
      told.add(pid);
    }
  }
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // it has ended meanwhile
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children.toReversed()) {
    if (child.pid === undefined) continue;
    roots.delete(child.pid);
    if (child.exitCode !== null) continue;
    signalAll([child.pid], 'SIGCONT');
    process.kill(-child.pid, 'SIGTERM');
    await once(child, 'exit');
  }
}

async function answered(url: string, children: readonly ChildProcess[], folder: string) {
  for (let startMs = performance.now(); performance.now() - startMs < READY_LIMIT_MS; ) {
    if (children.some(({ exitCode }) => exitCode !== null)) break;
    const status = await fetch(url).then(statusOf, () => 0);
    if (status === 200) return;
    await delay(READY_TRIES_EVERY_MS);
  }
  throw new Error(`${url} does not answer; what its server said is in ${folder}/output.log`);
}

async function statusOf(response: Response): Promise<number> {
  await response.arrayBuffer();
  return response.status;
}

/** Sends one request and gives the text of its answer; throws unless that is a 200. */
export async function ask(origin: string, { method, path, headers, body }: HttpRequest) {
  const response = await fetch(`${origin}${path}`, {
    method,
    ...(headers && { headers }),
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  if (response.status === 200) return text;
  throw new Error(`${method} ${path} was answered with ${response.status}: ${text.slice(0, 300)}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
