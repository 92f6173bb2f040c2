// What claims say of access, in the shapes that issuers give them.
// That tokens are checked first is tested in test/server/oidc-tokens.test.ts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AccessRule, accessOfClaims } from '../../../../server/oidc/claims.ts';

const rule = (claim: string): AccessRule => {
  return { claim, readWriteValues: ['write', 'admin'], readOnlyValues: ['read'] };
};

test.each([
  ['a text with spaces', { scope: 'openid write' }, 'read-write'],
  ['a list', { scope: ['openid', 'admin'] }, 'read-write'],
  ['one that may only read', { scope: 'read' }, 'read-only'],
  ['both', { scope: 'read write' }, 'read-write'],
  ['neither', { scope: 'openid' }, 'none'],
  ['a part of a word', { scope: 'writer write-all rewrite' }, 'none'],
  ['other letters', { scope: 'WRITE' }, 'none'],
  ['nothing', {}, 'none'],
  ['an empty text', { scope: '' }, 'none'],
  ['a number', { scope: 7 }, 'none'],
  ['true', { scope: true }, 'none'],
  ['null', { scope: null }, 'none'],
  ['an object', { scope: { write: true } }, 'none'],
  ['lists in a list', { scope: [['write']] }, 'none'],
  ['things in a list', { scope: [1, null, 'read'] }, 'read-only'],
])('%s in the claim', (_, claims, access) => {
  expect(accessOfClaims(claims, rule('scope'))).toBe(access);
});

test.each([
  ['a.b within an object', 'realm.roles', { realm: { roles: ['write'] } }],
  ['deep within', 'a.b.c.d', { a: { b: { c: { d: 'write' } } } }],
  ['a name that is a URL', 'https://a.example/x.y', { 'https://a.example/x.y': ['write'] }],
  ['a name with dots before a path', 'a.b', { 'a.b': 'write', a: { b: 'read' } }],
])('a claim is found: %s', (_, claim, claims) => {
  expect(accessOfClaims(claims, rule(claim))).toBe('read-write');
});

test.each([
  ['through a text', 'scope.length', { scope: 'write' }],
  ['through a list', 'roles.0', { roles: 'write' }],
  ['what every object has', 'constructor.name', {}],
  ['the prototype', '__proto__.scope', {}],
  ['nothing on the way', 'a.b.c', { a: {} }],
])('no claim is found: %s', (_, claim, claims) => {
  expect(accessOfClaims(claims, rule(claim))).toBe('none');
});

test('whatever the claims are, only the words of the rule give access', () => {
  const isStrange = (value: unknown) => !/write|admin|read/.test(JSON.stringify(value));
  fc.assert(
    fc.property(fc.string(), fc.jsonValue().filter(isStrange), (name, value) => {
      expect(accessOfClaims({ [name]: value }, rule(name))).toBe('none');
    }),
  );
});
