// Errors that cross from thread to thread: what the log and the answers need of them arrives.
import { expect, test } from 'vitest';
import { received, toSend } from '../../../../server/store/sent-error.ts';

const across = (value: unknown): unknown => received(structuredClone(toSend(value)));
const failure = Object.assign(new TypeError('disk I/O error'), { code: 'SQLITE_IOERR' });

test('an error arrives with its code, its name and its stack', () => {
  const error = across(failure);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ code: 'SQLITE_IOERR', name: 'TypeError' });
  expect(error).toMatchObject({ message: 'disk I/O error', stack: failure.stack });
});

test('so does one in a field', () => {
  const outcome = across({ code: 'DKV_WRITE_UNCERTAIN', cause: failure });
  expect(outcome).toMatchObject({ code: 'DKV_WRITE_UNCERTAIN', cause: { code: 'SQLITE_IOERR' } });
  expect((outcome as { cause: unknown }).cause).toBeInstanceOf(Error);
});

test.each([7, 0, 'text', undefined, null])('%s arrives as it is', (value) => {
  expect(across(value)).toBe(value);
});

test('an error without a code has none', () => {
  expect(across(new Error('plain'))).toMatchObject({ code: undefined, message: 'plain' });
});
