// The list of plain keys: what a line names, and which rows it leads to.
// Rows of a real database are in test/server/import-dumbkv.test.ts.
import { expect, test } from 'vitest';
import { columnOfKey } from '../../../../server/import-dumbkv/fernet.ts';
import { formatOfPath, KeyList, KeyListError } from '../../../../server/import-dumbkv/key-list.ts';

const found = (list: KeyList, database: number, key: string) =>
  list.keyOf(database, columnOfKey(key));

test.each([
  ['keys.txt', 'lines'],
  ['keys', 'lines'],
  ['keys.ndjson', 'ndjson'],
  ['keys.NDJSON', 'ndjson'],
  ['keys.jsonl', 'ndjson'],
  ['ndjson', 'lines'],
] as const)('%s is read as %s', (path, format) => {
  expect(formatOfPath(path)).toBe(format);
});

test('a line is a key, word for word, in every database', () => {
  const list = new KeyList('a\n b \n{"key":"c"}\nwith\ttab\n', 'lines');
  expect(list.size).toBe(4);
  for (const key of ['a', ' b ', '{"key":"c"}', 'with\ttab']) {
    for (const database of [0, 7]) expect(found(list, database, key), key).toBe(key);
  }
  expect(found(list, 0, 'b')).toBeUndefined();
});

test('lines may end as on Windows, and empty ones are passed over', () => {
  const list = new KeyList('a\r\n\r\n\nb', 'lines');
  expect(list.size).toBe(2);
  expect(found(list, 0, 'a')).toBe('a');
  expect(found(list, 0, 'b')).toBe('b');
});

test('a key twice is one key', () => {
  expect(new KeyList('a\na\n', 'lines').size).toBe(1);
});

test('NDJSON names a key in one database, or in all', () => {
  const text = '{"database":7,"key":"a"}\n{"key":"line\\nbreak"}\n';
  const list = new KeyList(text, 'ndjson');
  expect(found(list, 7, 'a')).toBe('a');
  expect(found(list, 0, 'a')).toBeUndefined();
  expect(found(list, 3, 'line\nbreak')).toBe('line\nbreak');
});

test.each([
  ['no JSON', 'nonsense'],
  ['a text', '"key"'],
  ['null', 'null'],
  ['without a key', '{"database":0}'],
  ['with a number for a key', '{"key":1}'],
  ['with a text for a database', '{"database":"0","key":"k"}'],
  ['with half a database', '{"database":0.5,"key":"k"}'],
])('a line of NDJSON that is %s is told by its number', (_, line) => {
  const make = () => new KeyList(`{"key":"secret"}\n${line}\n`, 'ndjson');
  expect(make).toThrow(KeyListError);
  expect(make).toThrow(/^line 2 is not/);
});

test('a key that is no well-formed text is told', () => {
  expect(() => new KeyList('{"key":"\\ud800"}', 'ndjson')).toThrow('line 1 is no well-formed text');
});

test.each(['', '\n\n'])('a list without a key is told', (text) => {
  expect(() => new KeyList(text, 'lines')).toThrow('it names no key');
});

test('keys that no row asked for are counted', () => {
  const list = new KeyList('a\nb\nc\n', 'lines');
  expect(list.missing).toBe(3);
  found(list, 0, 'a');
  found(list, 7, 'a');
  found(list, 0, 'unknown');
  expect(list.missing).toBe(2);
});

test('a key for one database goes before one for all', () => {
  const list = new KeyList('{"key":"a"}\n{"database":7,"key":"a"}\n', 'ndjson');
  found(list, 7, 'a');
  expect(list.missing).toBe(1);
  found(list, 0, 'a');
  expect(list.missing).toBe(0);
});
