// The two halves of a data set as they are read, and the ways in which tests alter them.
// plan.test.ts has the whole truth table, plan-sentences.test.ts what is said.
import {
  type DataSetFacts,
  dataSetPlan,
  type SealingSecretFacts,
} from '../../../../operator/data-set/plan.ts';
import { altered } from '../../../support/alteration.ts';
import { dumbkv, STORE, sealingSecretAsRead } from '../../../support/objects.ts';

export const FINGERPRINT = 'dumbkv.dev/sealing-key-fingerprint';
export const OWNER = 'dumbkv.dev/owner-uid';
export const STORE_ID = 'dumbkv.dev/store-id';
export const ADOPT = 'dumbkv.dev/adopt';
export const ENGINE = 'dumbkv.dev/engine';

export const secret = (alteration: object = {}): SealingSecretFacts =>
  altered(
    {
      metadata: sealingSecretAsRead().metadata,
      fingerprints: [STORE.fingerprint],
      isStoreMade: false,
    },
    alteration,
  );
export const annotated = (annotations: object) => ({ metadata: { annotations } });
export const labelled = (labels: object) => ({ metadata: { labels } });
export const left = annotated({ [OWNER]: 'uid-of-an-earlier-dumbkv' });
export const ownedByEarlier = {
  metadata: {
    ownerReferences: [{ kind: 'DumbKV', name: 'orders', uid: 'earlier', controller: true }],
  },
};
export const going = { metadata: { deletionTimestamp: '2030-01-01T00:00:00Z' } };

export const decide = (facts: Partial<DataSetFacts>) =>
  dataSetPlan(dumbkv(), { claim: undefined, sealingSecret: undefined, ...facts });
