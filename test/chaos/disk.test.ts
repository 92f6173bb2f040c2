// The disk keeps what was synced and may lose all else; and a recording is read as it was made.
import { expect, test } from 'vitest';
import { Chance } from './chance.ts';
import { Disk, LOSSES, type Loss } from './disk.ts';
import { type Operation, operationsOf } from './recording.ts';
import { callsIn } from './trace.ts';

type Step = { [key: string]: unknown; kind: string; name?: string };

/** A disk after these steps, one moment each; the name of a file is `f` where none is given. */
function diskAfter(...steps: Step[]): Disk {
  const disk = new Disk();
  steps.forEach((step, at) => {
    disk.apply({ name: 'f', begun: at, at, ...step } as unknown as Operation);
  });
  return disk;
}

const create = { kind: 'create' };
const write = (text: string, offset = 0) => ({ kind: 'write', offset, data: Buffer.from(text) });
const sync = { kind: 'sync', isDone: true };
const failedSync = { kind: 'sync', isDone: false };
const folderSync = { kind: 'sync', name: '', isDone: true };
const made = [create, folderSync];

const loss = (way: string, seed = 1): Loss => {
  const found = LOSSES[way]?.(new Chance(seed), 2);
  if (found === undefined) throw new Error(`no way "${way}"`);
  return found;
};

/** The texts of the files after a crash. */
const left = (disk: Disk, how: Loss) =>
  Object.fromEntries([...disk.imageAfter(how)].map(([name, bytes]) => [name, String(bytes)]));

const leftAtWorst = (disk: Disk) => left(disk, loss('everything'));

/** What may be left of the file `f`, over many tries. */
const possible = (disk: Disk, way: string) =>
  new Set(Array.from({ length: 300 }, (_, seed) => left(disk, loss(way, seed)).f));

test('what was synced is there, what came after may be lost', () => {
  const disk = diskAfter(...made, write('abc'), sync, write('X', 1));
  expect(leftAtWorst(disk)).toEqual({ f: 'abc' });
  expect(left(disk, loss('nothing'))).toEqual({ f: 'aXc' });
  expect(disk.unsyncedCount).toBe(1);
});

test('of what came after, any part may be there', () => {
  const disk = diskAfter(...made, write('---'), sync, write('1'), write('2', 1), write('3', 2));
  expect([...possible(disk, 'any part')].sort()).toEqual(
    ['---', '1--', '-2-', '--3', '12-', '1-3', '-23', '123'].sort(),
  );
});

test('a write may be torn between sectors, and nowhere else', () => {
  const disk = diskAfter(...made, write('-'.repeat(1_024)), sync, write('x'.repeat(1_024)));
  const [none, sector] = ['-'.repeat(512), 'x'.repeat(512)];
  const found = possible(disk, 'torn pages');
  expect(found).toEqual(new Set([none + none, none + sector, sector + none, sector + sector]));
});

test('a sync that had begun before a write was over need not have it', () => {
  const late = { ...sync, begun: 2, at: 4 };
  const disk = diskAfter(...made, { ...write('abc'), at: 3 }, late);
  expect(leftAtWorst(disk)).toEqual({ f: '' });
});

test('what a sync failed on may be lost for good, and what comes later is there', () => {
  const disk = diskAfter(...made, write('abc'), failedSync, write('X', 5), sync);
  expect(leftAtWorst(disk)).toEqual({ f: '\0\0\0\0\0X' });
  expect(left(disk, loss('nothing'))).toEqual({ f: 'abc\0\0X' });
});

test('what a sync failed on and a later write replaced cannot come back', () => {
  const disk = diskAfter(...made, write('abc'), failedSync, write('XYZ'), sync);
  expect(possible(disk, 'any part')).toEqual(new Set(['XYZ']));
});

test('a truncation may be lost or kept', () => {
  const disk = diskAfter(...made, write('abc'), sync, { kind: 'truncate', length: 1 });
  expect(possible(disk, 'any part')).toEqual(new Set(['abc', 'a']));
  disk.apply({ ...sync, name: 'f', begun: 9, at: 9 } as unknown as Operation);
  expect(leftAtWorst(disk)).toEqual({ f: 'a' });
});

test('bytes are added at the end, and zeros fill what was left out', () => {
  const more = { kind: 'append', data: Buffer.from('de') };
  const shorter = { kind: 'truncate', length: 1 };
  expect(leftAtWorst(diskAfter(...made, write('c', 2), more, sync))).toEqual({ f: '\0\0cde' });
  const cut = diskAfter(...made, write('abc'), shorter, { ...write('X'), offset: 2 }, sync);
  expect(leftAtWorst(cut)).toEqual({ f: 'a\0X' });
});

test('a name is there once its folder is synced', () => {
  const renamed = { kind: 'rename', to: 'g' };
  const disk = diskAfter(create, write('abc'), sync);
  expect(leftAtWorst(disk)).toEqual({});
  for (const step of [folderSync, renamed]) {
    disk.apply({ name: 'f', begun: 9, at: 9, ...step } as unknown as Operation);
  }
  expect(leftAtWorst(disk)).toEqual({ f: 'abc' });
  expect(left(disk, loss('nothing'))).toEqual({ g: 'abc' });
});

test('a file that is removed and made anew is the old one or the new one', () => {
  const disk = diskAfter(
    ...made,
    write('old'),
    sync,
    { kind: 'unlink' },
    create,
    write('new'),
    sync,
  );
  expect(leftAtWorst(disk)).toEqual({ f: 'old' });
  expect(left(disk, loss('nothing'))).toEqual({ f: 'new' });
  expect(possible(disk, 'any part')).toEqual(new Set(['old', undefined, 'new']));
});

test('a change of a file that is not there is an error of the recording', () => {
  expect(() => diskAfter(write('a'))).toThrow('write of f, which is not there');
});

const hex = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '\\x$&');

test('a recording gives the operations on the files of the folder, and the marks', () => {
  const file = `5<${hex('/d/a')}>`;
  const calls = callsIn([
    `1 openat(AT_FDCWD<${hex('/')}>, "${hex('/d/a')}", O_RDWR|O_CREAT, 0600) = ${file}`,
    `1 pwrite64(${file}, "${hex('xyz')}", 3, 4096) = 3`,
    `1 pwrite64(${file}, "${hex('xyz')}", 3, 0) = -1 EIO (Input/output error)`,
    `1 ftruncate(${file}, 7) = 0`,
    `1 fdatasync(${file}) = -1 EIO (Input/output error)`,
    `1 fsync(6<${hex('/d')}>) = 0`,
    `1 rename("${hex('/d/a')}", "${hex('/d/b')}") = 0`,
    `1 unlink("${hex('/d/b')}") = 0`,
    `1 write(7<${hex('/d/marks')}>, "${hex('sent k 1 2\n')}", 11) = 11`,
    `1 write(7<${hex('/elsewhere')}>, "${hex('x')}", 1) = 1`,
  ]);
  const expected = [
    { kind: 'create', name: 'a', at: 0 },
    { kind: 'write', name: 'a', offset: 4096, data: Buffer.from('xyz') },
    { kind: 'truncate', name: 'a', length: 7 },
    { kind: 'sync', name: 'a', isDone: false },
    { kind: 'sync', name: '', isDone: true },
    { kind: 'rename', name: 'a', to: 'b' },
    { kind: 'unlink', name: 'b' },
    { kind: 'mark', words: ['sent', 'k', '1', '2'], at: 8 },
  ];
  expect(operationsOf(calls, '/d')).toMatchObject(expected);
});
