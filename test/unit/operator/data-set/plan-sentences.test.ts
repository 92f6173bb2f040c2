// What is said when an instance's data cannot be used: which part it is about, and what to do.
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
  secret,
} from './facts.ts';

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
      { sealingSecret: secret(combined(left, labelled({ [ADOPT]: 'Never' }))) },
      ['"orders-sealing"', 'dumbkv.dev/adopt: Never'],
    ],
    [
      'of another engine names both',
      { sealingSecret: secret(combined(left, annotated({ [ENGINE]: 'other' }))) },
      ['"other"', '"sqlite"'],
    ],
  ])('%s', (_sentence, facts, parts) => {
    for (const part of parts) expect(sentenceOf(facts)).toContain(part);
  });
});
