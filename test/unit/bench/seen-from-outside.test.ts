// What the benchmark reads of the machine and of processes, from texts as the kernel writes them.
import { expect, test } from 'vitest';
import { syncsIn } from '../../bench/count-syncs.ts';
import { processorTimeOf } from '../../bench/machine.ts';
import {
  cpuSecondsOf,
  processStatOf,
  pssBytesOf,
  readPssBytes,
  treeOf,
} from '../../bench/process-tree.ts';

const STAT = [
  '4242 (a (strange) name) S 17 4242 4242 0 -1 4194560 1234 99 0 0',
  '250 150 30 20 20 0 11 0 12345 100000 500 18446744073709551615',
].join(' ');

test('the time of processors: busy is what is neither idle nor stolen', () => {
  const text = 'cpu  100 20 30 4000 500 6 7 80 0 0\ncpu0 50 10 15 2000 250 3 3 40 0 0\n';
  expect(processorTimeOf(text)).toEqual({ busySeconds: 1.63, stolenSeconds: 0.8 });
});

test('the line of a process, whatever its name holds', () => {
  expect(processStatOf(STAT)).toEqual({
    pid: 4242,
    parent: 17,
    cpuSeconds: 4,
    endedChildrenCpuSeconds: 0.5,
  });
});

test('a tree holds the children of children, in whatever order they are listed', () => {
  const one = (pid: number, parent: number) => {
    return { pid, parent, cpuSeconds: pid, endedChildrenCpuSeconds: 0 };
  };
  const all = [one(30, 20), one(20, 10), one(10, 1), one(11, 1), one(40, 30)];
  expect(treeOf(all, [10]).map(({ pid }) => pid)).toEqual([30, 20, 10, 40]);
  expect(cpuSecondsOf(all, [10])).toBe(100);
  expect(cpuSecondsOf(all, [99])).toBe(0);
});

test('the proportional share of memory', () => {
  const text = '55d0-7ffd ---p 00000000 00:00 0 [rollup]\nRss:   9000 kB\nPss:   1500 kB\n';
  expect(pssBytesOf(text)).toBe(1_536_000);
  expect(pssBytesOf('')).toBe(0);
});

test('this very process has memory of its own', () => {
  expect(readPssBytes([process.pid])).toBeGreaterThan(1_000_000);
});

test('only syncs that have ended well are counted', () => {
  const trace = [
    '101 fdatasync(31)                     = 0',
    '102 fsync(30 <unfinished ...>',
    '101 fdatasync(31)                     = -1 EIO (Input/output error)',
    '102 <... fsync resumed>)              = 0',
    '103 +++ exited with 0 +++',
  ].join('\n');
  expect(syncsIn(trace)).toBe(2);
});
