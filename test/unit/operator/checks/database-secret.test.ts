// The Secret with the URL of a Postgres: each mistake in a user's gets its own sentence, and none
// repeats anything of the URL; of the name of our own nothing but our own is followed.
import { describe, expect, it } from 'vitest';
import { databaseSecretProblem } from '../../../../operator/checks/database-secret.ts';
import { base64, databaseSecretOfUser, dumbkv, onExternal } from '../../../support/objects.ts';

const external = dumbkv({ spec: onExternal });
const PASSWORD = 's3cret-of-the-user';
const withUrl = (url: string) => databaseSecretOfUser({ data: { url: base64(url) } });

const managed = dumbkv({ spec: { engine: 'postgres' } });
const OURS = { 'app.kubernetes.io/managed-by': 'dumbkv-operator' };
const ofOurName = (labels: object | null, password: string, url: string) =>
  databaseSecretOfUser({
    metadata: { name: 'orders-postgres', labels },
    data: { password: base64(password), url: base64(url) },
  });

describe('a Secret', () => {
  it.each([
    'postgres://app:s3cret@db.example.com:5432/app',
    'postgresql://app@db/app?sslmode=verify-full',
    'postgres://app:s3cret@db/app\n',
  ])('with %j is one to connect by', (url) => {
    expect(databaseSecretProblem(external, withUrl(url))).toBeUndefined();
  });

  it('that is missing is asked for with all that it needs', () => {
    const problem = databaseSecretProblem(external, undefined);
    expect(problem?.reason).toBe('DatabaseSecretMissing');
    expect(problem?.message).toMatch(/"my-database".*"url".*dumbkv\.dev\/instance: orders/);
  });

  it.each([
    ['of another instance', { metadata: { labels: { 'dumbkv.dev/instance': 'others' } } }, 'label'],
    ['without a label', { metadata: { labels: null } }, 'label'],
    ['without its key', { data: { url: null } }, 'no key "url"'],
    ['with an empty URL', { data: { url: '' } }, 'no URL'],
    ['with a URL of another kind', { data: { url: base64(`mysql://a:${PASSWORD}@db`) } }, 'no URL'],
    ['with two URLs', { data: { url: base64('postgres://a@b postgres://c@d') } }, 'no URL'],
  ])('%s is refused', (_sentence, alteration, said) => {
    const problem = databaseSecretProblem(external, databaseSecretOfUser(alteration));
    expect(problem?.reason).toBe('DatabaseSecretInvalid');
    expect(problem?.message).toContain(said);
    expect(problem?.message).not.toContain(PASSWORD);
  });

  it('is of no interest where the operator runs the database, or there is none', () => {
    for (const spec of [{}, { engine: 'postgres' }]) {
      expect(databaseSecretProblem(dumbkv({ spec }), undefined)).toBeUndefined();
    }
  });
});

describe('a Secret of the name of our own', () => {
  const url = (password: string) => `postgres://dumbkv:${password}@orders-postgres.shop.svc/dumbkv`;

  it('is refused unless it is ours', () => {
    const problem = databaseSecretProblem(managed, ofOurName(null, PASSWORD, url(PASSWORD)));
    expect(problem?.reason).toBe('NameConflict');
    expect(problem?.message).toContain('Secret "orders-postgres" exists and is not made by');
    const own = ofOurName(OURS, PASSWORD, url(PASSWORD));
    expect(databaseSecretProblem(managed, own)).toBeUndefined();
  });

  it.each([
    ['another password', 'another', url(PASSWORD)],
    ['another URL', PASSWORD, url('another')],
    ['no password', '', url('')],
    ['no URL', PASSWORD, 'not a URL'],
    ['a password that Postgres is not given', 'with.a.dot', url('with.a.dot')],
  ])('is refused when it was given %s', (_sentence, password, changed) => {
    const problem = databaseSecretProblem(managed, ofOurName(OURS, password, changed));
    expect(problem?.reason).toBe('DatabaseSecretInvalid');
    expect(problem?.message).toContain('or delete the Secret');
    expect(problem?.message).not.toContain(PASSWORD);
  });
});
