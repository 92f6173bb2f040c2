// The whole truth table of what to do about an instance's data: claim there or not, Secret there or not,
// belonging together or not, used before or not.
import { describe, expect, it } from 'vitest';
import {
  type DataSetFacts,
  dataSetPlan,
  type SealingSecretFacts,
} from '../../../../operator/data-set/plan.ts';
import { altered } from '../../../support/alteration.ts';
import { boundClaim, dumbkv, STORE, sealingSecretAsRead } from '../../../support/objects.ts';

const FINGERPRINT = 'dumbkv.dev/sealing-key-fingerprint';
const OWNER = 'dumbkv.dev/owner-uid';
const STORE_ID = 'dumbkv.dev/store-id';
const ADOPT = 'dumbkv.dev/adopt';
const ENGINE = 'dumbkv.dev/engine';

const secret = (alteration: object = {}): SealingSecretFacts =>
  altered(
    { metadata: sealingSecretAsRead().metadata, fingerprints: [STORE.fingerprint] },
    alteration,
  );
const annotated = (annotations: object) => ({ metadata: { annotations } });
const labelled = (labels: object) => ({ metadata: { labels } });
const left = annotated({ [OWNER]: 'uid-of-an-earlier-dumbkv' });
const ownedByEarlier = {
  metadata: {
    ownerReferences: [{ kind: 'DumbKV', name: 'orders', uid: 'earlier', controller: true }],
  },
};
const going = { metadata: { deletionTimestamp: '2030-01-01T00:00:00Z' } };

const use = { action: 'use', store: STORE, adopted: false };
const adopt = { action: 'use', store: STORE, adopted: true };
const stop = (reason: string) => ({ action: 'stop', problem: { reason } });

type Row = [sentence: string, facts: Partial<DataSetFacts>, plan: object];

const decide = (facts: Partial<DataSetFacts>) =>
  dataSetPlan(dumbkv(), { claim: undefined, sealingSecret: undefined, ...facts });

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
      { sealingSecret: secret(altered(left, labelled({ [ADOPT]: 'Never' }))) },
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
      both({}, altered(labelled({ [STORE_ID]: null }), annotated({ [FINGERPRINT]: null }))),
      use,
    ],
    [
      'though the Secret has a new key before the old one, they are used',
      both({}, { fingerprints: ['newer', STORE.fingerprint] }),
      use,
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
    ['without a word on their user, they are adopted', both(annotated({ [OWNER]: null })), adopt],
    ['of which the claim is going, all waits', both(going), stop('Terminating')],
    ['of which the Secret is going, all waits', both({}, going), stop('Terminating')],
    [
      'in use, a refusal of adoption means nothing',
      both(labelled({ [ADOPT]: 'Never' }), labelled({ [ADOPT]: 'Never' })),
      use,
    ],
    [
      'of which the claim refuses adoption, all stops',
      both(altered(left, labelled({ [ADOPT]: 'Never' }))),
      stop('AdoptionRefused'),
    ],
    [
      'of which the Secret refuses adoption, all stops',
      both(left, labelled({ [ADOPT]: 'Never' })),
      stop('AdoptionRefused'),
    ],
    [
      'with another word than Never, they are adopted',
      both(altered(left, labelled({ [ADOPT]: 'Yes' }))),
      adopt,
    ],
    [
      'that were left by another engine, all stops',
      both(altered(left, annotated({ [ENGINE]: 'other' }))),
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
        claim: boundClaim(altered(left, labelled({ [ADOPT]: 'Never' }))),
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

describe('the sentence', () => {
  const sentenceOf = (facts: Partial<DataSetFacts>): string => {
    const plan = decide(facts);
    return plan.action === 'stop' ? plan.problem.message : '';
  };

  it.each<[string, Partial<DataSetFacts>, string[]]>([
    [
      'of a missing key names the key, the Secret and the two ways on',
      { claim: boundClaim() },
      [
        STORE.fingerprint,
        '"orders-sealing"',
        '"orders-data"',
        'Put the Secret back',
        'delete the claim',
      ],
    ],
    [
      'of a missing key that nobody knows says so',
      { claim: boundClaim(annotated({ [FINGERPRINT]: null })) },
      ['unknown'],
    ],
    [
      'of another key names the key that is wanted',
      { claim: boundClaim(), sealingSecret: secret({ fingerprints: [] }) },
      [STORE.fingerprint, '"orders-sealing"', '"orders-data"'],
    ],
    [
      'of another key that nobody knows says so',
      { sealingSecret: secret(annotated({ [FINGERPRINT]: null })) },
      ['(unknown)'],
    ],
    [
      'of a part that is going names it',
      { claim: boundClaim(going), sealingSecret: secret() },
      ['"orders-data"', '"orders"'],
    ],
    [
      'of a refused adoption names the label',
      { sealingSecret: secret(altered(left, labelled({ [ADOPT]: 'Never' }))) },
      ['"orders-sealing"', 'dumbkv.dev/adopt: Never'],
    ],
    [
      'of another engine names both',
      { sealingSecret: secret(altered(left, annotated({ [ENGINE]: 'other' }))) },
      ['"other"', '"sqlite"'],
    ],
  ])('%s', (_sentence, facts, parts) => {
    for (const part of parts) expect(sentenceOf(facts)).toContain(part);
  });
});
