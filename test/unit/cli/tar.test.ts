// The archive of a report, unpacked by the system's own tar.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { tarOf } from '../../../cli/report/tar.ts';

const AT = new Date('2020-02-03T04:05:06Z');
const tar = (input: Buffer, ...args: string[]): string =>
  execFileSync('tar', args, { input, encoding: 'utf8', env: { TZ: 'UTC', LC_ALL: 'C' } });

describe('an archive', () => {
  const archive = tarOf(
    [
      { path: 'a/empty', text: '' },
      { path: 'a/b/block.txt', text: 'x'.repeat(512) },
      { path: 'umlaut.txt', text: 'größer\n' },
    ],
    AT,
  );

  it('lists its files for their owner alone, with their sizes and time', () => {
    const lines = tar(archive, '-tvf', '-').trim().split('\n');
    const rows = lines.map((line) => line.split(/\s+/));
    expect(rows.map(([mode, , size, , , path]) => [mode, size, path])).toEqual([
      ['-rw-------', '0', 'a/empty'],
      ['-rw-------', '512', 'a/b/block.txt'],
      ['-rw-------', '9', 'umlaut.txt'],
    ]);
    expect(lines[0]).toContain('2020-02-03 04:05');
  });

  it('gives each back', () => {
    expect(tar(archive, '-xOf', '-', 'a/b/block.txt')).toBe('x'.repeat(512));
    expect(tar(archive, '-xOf', '-', 'umlaut.txt')).toBe('größer\n');
  });

  it('refuses a path that its format cannot hold', () => {
    expect(() => tarOf([{ path: 'x'.repeat(101), text: '' }], AT)).toThrow('too long a path');
  });
});
