// The URL of a Postgres: what is taken, what is refused, and that nothing secret of it is repeated.
import { expect, test } from 'vitest';
import { databaseUrlOf } from '../../../../../server/store/postgres/location.ts';

test.each([
  ['postgres://dumbkv:secret@db.example:6432/orders', 'db.example:6432/orders'],
  ['postgresql://dumbkv:secret@db.example/orders', 'db.example/orders'],
  ['postgres://dumbkv:secret@[::1]:5432/orders', '[::1]:5432/orders'],
  ['postgres://dumbkv@%2Fvar%2Frun%2Fpostgresql/orders', '%2Fvar%2Frun%2Fpostgresql/orders'],
  ['postgres:///orders?host=/run/postgresql&port=5433&user=u', '/run/postgresql:5433/orders'],
  ['postgres://u:p%40ss%2Fword@db.example/orders?sslmode=verify-full', 'db.example/orders'],
])('%s is taken, and shown as %s', (text, shown) => {
  expect(databaseUrlOf(text).shown).toBe(shown);
});

test('the end of a file may be a line break', () => {
  expect(databaseUrlOf('postgres://db.example/orders\n')).toEqual(
    databaseUrlOf('postgres://db.example/orders'),
  );
});

test('the modes of TLS mean what they mean to libpq', () => {
  const { url } = databaseUrlOf('postgres://db.example/orders?sslmode=require');
  expect(new URL(url).searchParams.get('uselibpqcompat')).toBe('true');
});

test.each([
  ['', /no URL like/],
  ['./dumbkv.db', /no URL like/],
  ['mysql://dumbkv:secret@db.example/orders', /no URL like/],
  ['postgres://dumbkv:se cret@db.example:port/orders', /no URL like/],
  ['postgres:///orders', /names no host/],
  ['postgres://dumbkv:secret@db.example/orders?sslmode=prefer', /sslmode must be one of disable/],
  ['postgres://dumbkv:secret@db.example/orders?sslmode=secret', /sslmode must be one of disable/],
])('"%s" is refused without being repeated', (text, message) => {
  expect(() => databaseUrlOf(text)).toThrow(message);
  try {
    databaseUrlOf(text);
  } catch (error) {
    const { stack, ...rest } = error as Error;
    expect(`${(error as Error).message} ${JSON.stringify(rest)}`).not.toMatch(/secret|se cret/);
    expect(stack).not.toMatch(/secret|se cret/);
    expect(error).not.toHaveProperty('cause');
  }
});
