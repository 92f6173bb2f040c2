// What the settings of the database must be together, and that no mistake repeats a password.
import { expect, test } from 'vitest';
import { databaseMistakes } from '../../../server/database-settings.ts';

const URL = 'postgres://dumbkv:very-secret@db.example:5432/orders';
const SOUND = { DATABASE_TYPE: 'postgres', SEALING_KEY_FILE: '/keys/sealing-key' };

test.each([
  [{}],
  [{ DATABASE_TYPE: 'sqlite', DATABASE_LOCATION: './postgres.db' }],
  [{ DATABASE_LOCATION: ':memory:', DATABASE_LOCATION_FILE: '' }],
  [{ ...SOUND, DATABASE_LOCATION: URL }],
  [{ ...SOUND, DATABASE_LOCATION: URL.replace('postgres:', 'postgresql:') }],
  [{ ...SOUND, DATABASE_LOCATION: '', DATABASE_LOCATION_FILE: '/secrets/url' }],
])('%o fits', (env) => {
  expect(databaseMistakes(env)).toEqual([]);
});

const ONE_OF_BOTH =
  'DATABASE_LOCATION or DATABASE_LOCATION_FILE, and only one, must be set ' +
  'with DATABASE_TYPE=postgres';

test.each([
  [
    { DATABASE_LOCATION: URL },
    ['DATABASE_LOCATION is a URL of Postgres, which needs DATABASE_TYPE=postgres'],
  ],
  [
    { DATABASE_LOCATION_FILE: '/secrets/url' },
    ['DATABASE_LOCATION_FILE is set, which needs DATABASE_TYPE=postgres'],
  ],
  [SOUND, [ONE_OF_BOTH]],
  [{ ...SOUND, DATABASE_LOCATION: URL, DATABASE_LOCATION_FILE: '/secrets/url' }, [ONE_OF_BOTH]],
  [
    { ...SOUND, DATABASE_LOCATION: './dumbkv.db' },
    ['DATABASE_LOCATION must begin with postgres:// with DATABASE_TYPE=postgres'],
  ],
  [
    { ...SOUND, DATABASE_LOCATION: URL, SEALING_KEY_FILE: '' },
    ['SEALING_KEY_FILE must be set with DATABASE_TYPE=postgres'],
  ],
])('%o is refused with a sentence for each mistake', (env, mistakes) => {
  expect(databaseMistakes(env)).toEqual(mistakes);
});
