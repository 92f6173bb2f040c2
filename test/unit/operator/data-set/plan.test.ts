// The whole truth table of what to do about an instance's data: claim there or not, Secret there or
// not, belonging together or not, used before or not.
import { describe, expect, it } from 'vitest';
import type { DataSetFacts } from '../../../../operator/data-set/plan.ts';
import { combined } from '../../../support/alteration.ts';
import { boundClaim, STORE } from '../../../support/objects.ts';
import {
  ADOPT,
  annotated,
  decide,
  ENGINE,
  FINGERPRINT,
  going,
  labelled,
  left,
  OWNER,
  ownedByEarlier,
  STORE_ID,
  secret,
} from './facts.ts';

const use = { action: 'use', store: STORE, adopted: false };
const adopt = { action: 'use', store: STORE, adopted: true };
const stop = (reason: string) => ({ action: 'stop', problem: { reason } });

type Row = [sentence: string, facts: Partial<DataSetFacts>, plan: object];

function holds(rows: Row[]): void {
  it.each(rows)('%s', (_sentence, facts, plan) => {
    expect(decide(facts)).toMatchObject(plan);
  });
}

describe('without a claim and without a Secret', () => {
  holds([['both are made', {}, { action: 'create' }]]);
});

describe('without a claim, with a Secret', () => {
  holds([
    ['the claim is made for this key', { sealingSecret: secret() }, use],
    ['that an earlier DumbKV left, its key is adopted', { sealingSecret: secret(left) }, adopt],
    [
      'that does not hold the key that it says, all stops',
      { sealingSecret: secret({ fingerprints: ['another'] }) },
      stop('SealingKeyMismatch'),
    ],
    [
      'that holds nothing that can be read, all stops',
      { sealingSecret: secret({ fingerprints: [] }) },
      stop('SealingKeyMismatch'),
    ],
    [
      'that does not tell its store, all stops',
      { sealingSecret: secret(labelled({ [STORE_ID]: null })) },
      stop('SealingKeyMismatch'),
    ],
    [
      'that does not tell its fingerprint, all stops',
      { sealingSecret: secret(annotated({ [FINGERPRINT]: null })) },
      stop('SealingKeyMismatch'),
    ],
    ['that is going, all waits', { sealingSecret: secret(going) }, stop('Terminating')],
    [
      'that refuses adoption, all stops',
      { sealingSecret: secret(combined(left, labelled({ [ADOPT]: 'Never' }))) },
      stop('AdoptionRefused'),
    ],
  ]);
});

describe('with a claim, without a Secret', () => {
  holds([
    ['all stops', { claim: boundClaim() }, stop('SealingKeyMissing')],
    ['that was retained, all stops', { claim: boundClaim(left) }, stop('SealingKeyMissing')],
    [
      'that does not tell its fingerprint, all stops',
      { claim: boundClaim(annotated({ [FINGERPRINT]: null })) },
      stop('SealingKeyMissing'),
    ],
    ['that is going, all waits', { claim: boundClaim(going) }, stop('Terminating')],
    [
      'that goes with an earlier DumbKV, all waits',
      { claim: boundClaim(ownedByEarlier) },
      stop('Terminating'),
    ],
  ]);
});

describe('with a claim and a Secret that belong together', () => {
  const both = (claim: object = {}, sealing: object = {}): Partial<DataSetFacts> => ({
    claim: boundClaim(claim),
    sealingSecret: secret(sealing),
  });

  holds([
    ['they are used', both(), use],
    [
      'though the Secret was put back without its metadata, they are used',
      both({}, combined(labelled({ [STORE_ID]: null }), annotated({ [FINGERPRINT]: null }))),
      use,
    ],
    [
      'though the Secret has a new key before the old one, they are used',
      both({}, { fingerprints: ['newer', STORE.fingerprint] }),
      use,
    ],
    [
      'after a rotation, with the new fingerprint on the claim and the old key gone, they are used',
      both(annotated({ [FINGERPRINT]: 'newer' }), { fingerprints: ['newer'] }),
      { ...use, store: { ...STORE, fingerprint: 'newer' } },
    ],
    [
      'though the claim lost its label, they are used by the word of the Secret',
      both(labelled({ [STORE_ID]: null })),
      use,
    ],
    [
      'though the claim lost its annotation, they are used by the word of the Secret',
      both(annotated({ [FINGERPRINT]: null })),
      use,
    ],
    ['that an earlier DumbKV left, they are adopted', both(left, left), adopt],
    ['after the Secret alone was adopted, the claim is adopted too', both(left), adopt],
    ['after the claim alone was adopted, the Secret is adopted too', both({}, left), adopt],
    [
      'without a word on their user, they are adopted',
      both(annotated({ [OWNER]: null }), annotated({ [OWNER]: null })),
      adopt,
    ],
    [
      'in use, of which the Secret was put back without a word, they are used',
      both(labelled({ [ADOPT]: 'Never' }), { metadata: { labels: null, annotations: null } }),
      use,
    ],
    [
      'left by an earlier DumbKV, the Secret put back without a word, they are adopted',
      both(left, { metadata: { labels: null, annotations: null } }),
      adopt,
    ],
    ['of which the claim is going, all waits', both(going), stop('Terminating')],
    ['of which the Secret is going, all waits', both({}, going), stop('Terminating')],
    [
      'in use, a refusal of adoption means nothing',
      both(labelled({ [ADOPT]: 'Never' }), labelled({ [ADOPT]: 'Never' })),
      use,
    ],
    [
      'of which the claim refuses adoption, all stops',
      both(combined(left, labelled({ [ADOPT]: 'Never' }))),
      stop('AdoptionRefused'),
    ],
    [
      'of which the Secret refuses adoption, all stops',
      both(left, labelled({ [ADOPT]: 'Never' })),
      stop('AdoptionRefused'),
    ],
    [
      'with another word than Never, they are adopted',
      both(combined(left, labelled({ [ADOPT]: 'Yes' }))),
      adopt,
    ],
    [
      'that were left by another engine, all stops',
      both(combined(left, annotated({ [ENGINE]: 'other' }))),
      stop('AdoptionRefused'),
    ],
    [
      'of which the Secret alone is of another engine, all stops',
      both(left, annotated({ [ENGINE]: 'other' })),
      stop('AdoptionRefused'),
    ],
  ]);
});

describe('with a claim and a Secret that do not belong together', () => {
  holds([
    [
      'because the Secret holds another key, all stops',
      { claim: boundClaim(), sealingSecret: secret({ fingerprints: ['another'] }) },
      stop('SealingKeyMismatch'),
    ],
    [
      'because the claim names another key, all stops',
      { claim: boundClaim(annotated({ [FINGERPRINT]: 'another' })), sealingSecret: secret() },
      stop('SealingKeyMismatch'),
    ],
    [
      'because their store ids differ, all stops',
      { claim: boundClaim(labelled({ [STORE_ID]: 'another' })), sealingSecret: secret() },
      stop('SealingKeyMismatch'),
    ],
    [
      'and were left by an earlier DumbKV, the key is told before adoption',
      {
        claim: boundClaim(combined(left, labelled({ [ADOPT]: 'Never' }))),
        sealingSecret: secret({ fingerprints: ['another'] }),
      },
      stop('SealingKeyMismatch'),
    ],
    [
      'but one of them is going, all waits',
      { claim: boundClaim(going), sealingSecret: secret({ fingerprints: [] }) },
      stop('Terminating'),
    ],
  ]);
});
