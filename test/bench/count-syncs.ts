// Whether a peer makes its writes durable: counts, with strace, the syncs that the kernel is asked
// for while writes come one after the other. Figures of peers that sync less often say little.
// Next: `report/report.ts`.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcesses, treeOf } from './process-tree.ts';
import { ask, type Running } from './running.ts';

export const COUNTED_WRITES = 50;

const ATTACHED = /attached/;
const LOOK_EVERY_MS = 20;

/** The number of completed syncs in what strace wrote. */
export const syncsIn = (trace: string): number =>
  [...trace.matchAll(/\b(?:fdatasync|fsync)(?:\(\d+\)| resumed>\))\s+= 0$/gm)].length;

/** Counts; undefined where strace is not installed or may not look. */
export async function countSyncs(running: Running): Promise<number | undefined> {
  const { peer, place, pids, origin } = running;
  if (spawnSync('strace', ['-V']).status !== 0) return undefined;
  const output = join(place.folder, 'syncs.trace');
  const attach = treeOf(readProcesses(), pids).flatMap(({ pid }) => ['-p', String(pid)]);
  const options = ['-f', '-e', 'trace=fsync,fdatasync', '-o', output];
  const strace = spawn('strace', [...options, ...attach], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  strace.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!ATTACHED.test(said) && strace.exitCode === null) await delay(LOOK_EVERY_MS);
  if (strace.exitCode !== null) return undefined;
  for (let at = 0; at < COUNTED_WRITES; at += 1) {
    await ask(origin, peer.write(`synced-${at}`, 'value'));
  }
  const ended = once(strace, 'close');
  strace.kill('SIGINT');
  await ended;
  return syncsIn(readFileSync(output, 'utf8'));
}
