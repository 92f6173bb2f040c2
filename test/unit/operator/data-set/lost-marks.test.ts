// Every combination of marks that a claim and its sealing Secret may have lost: a new key is never
// made while a claim stands there, and data is used only with the key that it names.
import { describe, expect, it } from 'vitest';
import type { DataSetPlan } from '../../../../operator/data-set/plan.ts';
import type { OwnerReference } from '../../../../operator/kube/resource.ts';
import { altered, combined } from '../../../support/alteration.ts';
import { boundClaim, dumbkv, STORE } from '../../../support/objects.ts';
import { annotated, decide, FINGERPRINT, OWNER, secret } from './facts.ts';

type Choice = [word: string, alteration: object];

const { uid } = dumbkv().metadata;
const owned = (reference: Partial<OwnerReference>): object => {
  const dumbkvOwner = { kind: 'DumbKV', name: 'orders', uid, controller: true };
  return { metadata: { ownerReferences: [{ ...dumbkvOwner, ...reference }] } };
};

const OWNERS: Choice[] = [
  ['nobody', {}],
  ['this one', owned({})],
  ['this one plainly', owned({ controller: false })],
  ['an earlier one', owned({ uid: 'earlier' })],
  ['somebody else', owned({ kind: 'StatefulSet', name: 'db', uid: 'db' })],
];
const LABELS: Choice[] = [
  ['all', {}],
  ['not the watched one', { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } }],
  ["somebody's", { metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } }],
  ['none', { metadata: { labels: null } }],
];
const USERS: Choice[] = [
  ['this one', {}],
  ['an earlier one', annotated({ [OWNER]: 'earlier' })],
  ['nobody', annotated({ [OWNER]: null })],
];
const FINGERPRINTS: Choice[] = [
  ['its own', {}],
  ['none', annotated({ [FINGERPRINT]: null })],
];
const SECRETS: Choice[] = [
  ['as it was', {}],
  ['of an earlier one', annotated({ [OWNER]: 'earlier' })],
  ['without labels', { metadata: { labels: null } }],
  ['without annotations', { metadata: { annotations: null } }],
  ['bare', { metadata: { labels: null, annotations: null } }],
  ['with another key', { fingerprints: ['another'] }],
  ['bare, with another key', { fingerprints: ['another'], metadata: { annotations: null } }],
  ['without a key', { fingerprints: [] }],
];

const claims = OWNERS.flatMap(([owner, ownerChange]) =>
  LABELS.flatMap(([labels, labelChange]) =>
    USERS.flatMap(([user, userChange]) =>
      FINGERPRINTS.map(([fingerprint, fingerprintChange]) => {
        const marks = combined(labelChange, combined(userChange, fingerprintChange));
        const claim = altered(boundClaim(marks), ownerChange);
        return { claim, owner, labels, user, fingerprint };
      }),
    ),
  ),
);
type Claim = (typeof claims)[number];

/** Whose a claim is, by what is left of its marks. */
function isOwn({ owner, labels, user }: Claim): boolean {
  if (owner === 'this one' || owner === 'this one plainly') return true;
  return owner === 'nobody' && (user === 'this one' || labels === 'all');
}
const reasonOf = (plan: DataSetPlan) => (plan.action === 'stop' ? plan.problem.reason : undefined);
const adviceOf = (plan: DataSetPlan) => (plan.action === 'stop' ? plan.problem.message : '');
const ADVICE = /Put the Secret back|give this DumbKV another name|waiting until it is gone/;

describe.each(claims)(
  'a claim: owner $owner, labels $labels, user $user, key $fingerprint',
  (one) => {
    it('never leads to a new key where its Secret is gone, and says what to do', () => {
      const plan = decide({ claim: one.claim });
      const missesKey = isOwn(one) || one.fingerprint === 'its own';
      const expected = missesKey ? 'SealingKeyMissing' : 'NameConflict';
      expect(reasonOf(plan)).toBe(one.owner === 'an earlier one' ? 'Terminating' : expected);
      expect(adviceOf(plan)).toMatch(ADVICE);
    });

    it.each(SECRETS)('is used only with the key of its data: a Secret %s', (_word, change) => {
      const sealingSecret = secret(change);
      const plan = decide({ claim: one.claim, sealingSecret });
      expect(plan.action).not.toBe('create');
      if (one.owner === 'an earlier one') expect(reasonOf(plan)).toBe('Terminating');
      else if (!isOwn(one)) expect(reasonOf(plan)).toBe('NameConflict');
      if (plan.action !== 'use') return;
      expect(plan.store).toEqual(STORE);
      expect(sealingSecret.fingerprints).toContain(STORE.fingerprint);
    });
  },
);

describe('what belongs together', () => {
  it('is used as long as one of the two parts tells the store and one the key', () => {
    const rows = claims.filter(isOwn).flatMap((one) =>
      SECRETS.flatMap(([word, change]) => {
        const plan = decide({ claim: one.claim, sealingSecret: secret(change) });
        const tellsStore = one.labels !== 'none' || !/without labels|bare/.test(word);
        const tellsKey = one.fingerprint === 'its own' || !/annotations|bare/.test(word);
        const isItsKey = !/key/.test(word);
        const expected = tellsStore && tellsKey && isItsKey ? 'use' : 'stop';
        return [[one.owner, one.labels, one.user, one.fingerprint, word, plan.action, expected]];
      }),
    );
    for (const row of rows) expect(row.at(-2), row.join(', ')).toBe(row.at(-1));
  });
});
