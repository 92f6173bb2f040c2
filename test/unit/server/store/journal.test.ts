// Which journal a file system bears.
// That the journal is really in force is tested in test/server/.
import { expect, test } from 'vitest';
import { journalOfFileSystem } from '../../../../server/store/journal.ts';

test.each([
  ['ext4', 0xef53],
  ['xfs', 0x58465342],
  ['btrfs', 0x9123683e],
  ['tmpfs', 0x01021994],
  ['overlay', 0x794c7630],
  ['something unknown', 42],
])('%s bears a write-ahead log', (_, type) => {
  expect(journalOfFileSystem(type)).toEqual({ mode: 'wal' });
});

test.each([
  ['NFS', 0x6969],
  ['SMB', 0x517b],
  ['CIFS', 0xff534d42],
  ['SMB2', 0xfe534d42],
  ['9P', 0x01021997],
])('%s gets a rollback journal, and its name is told', (networkFileSystem, type) => {
  expect(journalOfFileSystem(type)).toEqual({ mode: 'truncate', networkFileSystem });
});

test('a type that came as a negative number is the same type', () => {
  expect(journalOfFileSystem(0xff534d42 - 2 ** 32).networkFileSystem).toBe('CIFS');
});
