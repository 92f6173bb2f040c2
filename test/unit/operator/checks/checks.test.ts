// The checks before anything is written: what is refused, in which words, and which of two mistakes
// is told.
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../../operator/api/problem.ts';
import { type CheckInput, firstProblem } from '../../../../operator/checks/checks.ts';
import { altered } from '../../../support/alteration.ts';
import { dumbkv, ownTokenSecret, userTokenSecret } from '../../../support/objects.ts';

const PREFIXES = ['registry.example.com/dumbkv/server'];

const ownToken = { metadata: ownTokenSecret().metadata, hasToken: true };
const userToken = { metadata: userTokenSecret().metadata, hasToken: true };
const withUserSecret = { auth: { tokenSecretRef: { name: 'my-tokens' } } };

function check(spec: object, tokenSecret?: CheckInput['tokenSecret']): Problem | undefined {
  return firstProblem({ dumbkv: dumbkv({ spec }), imagePrefixes: PREFIXES, tokenSecret });
}

const unlabelled = altered(userToken, { metadata: { labels: null } });
const foreign = altered(ownToken, { metadata: { labels: null, ownerReferences: [] } });
const ofEarlier = altered(ownToken, {
  metadata: { ownerReferences: [{ kind: 'DumbKV', name: 'orders', uid: 'old', controller: true }] },
});

describe('nothing is wrong', () => {
  it.each<[string, object, CheckInput['tokenSecret']]>([
    ['with a new DumbKV that has no token yet', {}, undefined],
    ['with a token that the operator made', {}, ownToken],
    ["with the user's own labelled Secret", withUserSecret, userToken],
    ['with an open instance', { auth: { type: 'None' } }, undefined],
    ['with an image that is a prefix itself', { image: PREFIXES[0] }, undefined],
    ['with a tag', { image: `${PREFIXES[0]}:2` }, undefined],
    ['with a digest', { image: `${PREFIXES[0]}@sha256:${'0'.repeat(64)}` }, undefined],
    ['with a repository below the prefix', { image: `${PREFIXES[0]}/debug:1` }, undefined],
  ])('%s', (_case, spec, tokenSecret) => {
    expect(check(spec, tokenSecret)).toBeUndefined();
  });

  it('with any repository under a prefix that ends with a slash', () => {
    const image = 'registry.example.com/team/anything:1';
    const input = { dumbkv: dumbkv({ spec: { image } }), tokenSecret: undefined };
    const imagePrefixes = ['registry.example.com/team/'];
    expect(firstProblem({ ...input, imagePrefixes })).toBeUndefined();
  });
});

describe('what is wrong', () => {
  it.each<[string, string, object, CheckInput['tokenSecret']]>([
    ['an image from elsewhere', 'ImageNotAllowed', { image: 'evil.example.com/x' }, undefined],
    [
      'an image whose name only begins like a prefix',
      'ImageNotAllowed',
      { image: `${PREFIXES[0]}-evil:1` },
      undefined,
    ],
    [
      'an image of another registry, whose port only looks like a tag',
      'ImageNotAllowed',
      { image: `${PREFIXES[0]}:5000/evil:1` },
      undefined,
    ],
    ['a Secret that is not there', 'TokenSecretMissing', withUserSecret, undefined],
    ['a Secret without the label', 'TokenSecretInvalid', withUserSecret, unlabelled],
    [
      'a Secret that is labelled for another instance',
      'TokenSecretInvalid',
      withUserSecret,
      altered(userToken, { metadata: { labels: { 'dumbkv.dev/instance': 'carts' } } }),
    ],
    [
      'a Secret of the user without a token',
      'TokenSecretInvalid',
      withUserSecret,
      { ...userToken, hasToken: false },
    ],
    ['our own Secret without a token', 'TokenSecretInvalid', {}, { ...ownToken, hasToken: false }],
    ["somebody else's Secret of our name", 'NameConflict', {}, foreign],
    ['the Secret of an earlier DumbKV', 'Terminating', {}, ofEarlier],
  ])('%s is %s', (_case, reason, spec, tokenSecret) => {
    expect(check(spec, tokenSecret)?.reason).toBe(reason);
  });

  it('is told before what is also wrong, in the order of the checks', () => {
    const spec = { ...withUserSecret, image: 'evil.example.com/x' };
    expect(check(spec)?.reason).toBe('ImageNotAllowed');
    const both = { ...unlabelled, hasToken: false };
    expect(check(withUserSecret, both)?.message).toContain('label');
  });
});

describe('the sentence', () => {
  it('names the image, and what may be used instead', () => {
    const message = check({ image: 'evil.example.com/x' })?.message;
    expect(message).toContain('"evil.example.com/x"');
    expect(message).toContain(PREFIXES[0]);
  });

  it('says how the missing Secret must be made', () => {
    const message = check(withUserSecret)?.message;
    for (const part of ['"my-tokens"', '"token"', 'dumbkv.dev/instance: orders']) {
      expect(message).toContain(part);
    }
  });

  it('says which label is missing', () => {
    const message = check(withUserSecret, unlabelled)?.message;
    expect(message).toContain('"my-tokens" does not carry the label dumbkv.dev/instance: orders');
  });

  it('says where a token belongs', () => {
    const message = check(withUserSecret, { ...userToken, hasToken: false })?.message;
    expect(message).toContain('one token a line');
  });
});
