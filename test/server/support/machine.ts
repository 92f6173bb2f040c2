// What only some machines bear: a tracer, mounts, a root that file modes bind. A test that needs
// one of them runs where it is there; elsewhere the output says that the test was passed over.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { tempFolder } from './temp-folder.ts';

const succeeds = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args).status === 0;

const isRoot = process.getuid?.() === 0;

const BOUND_BY_MODES = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];

/** Runs a program as a user whom file modes bind, root or not. */
export const boundByModes: readonly string[] = isRoot ? BOUND_BY_MODES : [];

type Body = () => Promise<void>;

/** `test` where the machine has what is needed; elsewhere the output says that it has not. */
function testWhere(isThere: boolean, needed: string): (name: string, body: Body) => void {
  if (isThere) return test;
  return (name, body) => {
    process.stderr.write(`PASSED OVER: "${name}" needs ${needed}\n`);
    // the line above says it in the output
    test.skip(name, body);
  };
}

/** For tests that look at system calls, or make them fail. */
export const testWithTracer = testWhere(succeeds('strace', '-V'), 'strace');

/** For tests in which a file may only be read. */
export const testWithModes = testWhere(
  !isRoot || succeeds('setpriv', ...BOUND_BY_MODES.slice(1), 'true'),
  'setpriv and its right to drop capabilities',
);

const TRY_TMPFS =
  'at=$(mktemp -d) && mount -t tmpfs dumbkv "$at" && umount "$at"; is=$?; rmdir "$at"; exit $is';
const TRY_EXT4 = `
  at=$(mktemp -d) && truncate -s 1M "$at.img" && mkfs.ext4 -q "$at.img" &&
  mount -o loop "$at.img" "$at" && umount "$at"; is=$?; rm -r "$at" "$at.img"; exit $is`;

/** For tests that need a file system of their own: see `smallVolume`. */
export const testWithMounts = testWhere(succeeds('sh', '-c', TRY_TMPFS), 'the right to mount');

/** For tests that need a real disk's: see `smallDisk`. */
export const testWithDisks = testWhere(
  succeeds('sh', '-c', TRY_EXT4),
  'mkfs.ext4, loop devices and the right to mount',
);

/** A file system in memory of so many MiB, gone when the running test ends. */
export function smallVolume(sizeMib: number): string {
  return mounted('-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'dumbkv');
}

/** A file system of so many MiB on a disk, with blocks smaller than pages as small disks have. */
export function smallDisk(sizeMib: number): string {
  const image = join(tempFolder(), 'image');
  execFileSync('truncate', ['-s', `${sizeMib}M`, image]);
  execFileSync('mkfs.ext4', ['-q', '-b', '1024', '-m', '0', image]);
  return mounted('-o', 'loop', image);
}

function mounted(...source: string[]): string {
  const folder = tempFolder();
  execFileSync('mount', [...source, folder]);
  // lazily, since a process that was killed may not have let go of it yet
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  return folder;
}
