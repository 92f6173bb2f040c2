// The two Secrets: what they hold, who owns them, and that metadata gives no key away.
import { describe, expect, it } from 'vitest';
import { dataSetMetadata, ownedMetadata } from '../../../../operator/builders/metadata.ts';
import { sealingSecret, tokenSecret } from '../../../../operator/builders/secret.ts';
import { parseSealingKeyFile } from '../../../../server/sealing/key-file.ts';
import { dumbkv, SEALING_KEY, STORE } from '../../../support/objects.ts';

const fresh = { storeId: STORE.storeId, sealingKey: SEALING_KEY };

describe('the sealing Secret', () => {
  const secret = sealingSecret(dumbkv(), fresh);

  it('is a Secret of the data set, under the fingerprint of its own key', () => {
    const metadata = dataSetMetadata(dumbkv(), 'orders-sealing', STORE);
    expect(secret).toMatchObject({ apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata });
  });

  it('holds the key in the format that the server reads, and nothing else', () => {
    const { 'sealing-key': text = '', ...rest } = secret.stringData as Record<string, string>;
    const [key] = parseSealingKeyFile(text);
    expect(key?.bytes).toEqual(Buffer.from(SEALING_KEY));
    expect(rest).toEqual({});
  });

  it('says nothing of the key in its metadata but the fingerprint', () => {
    const metadata = JSON.stringify(secret.metadata);
    expect(metadata).not.toContain(Buffer.from(SEALING_KEY).toString('base64').slice(0, 8));
    expect(metadata).not.toContain(Buffer.from(SEALING_KEY).toString('hex').slice(0, 8));
  });

  it('has no owner under Retain, and its DumbKV under Delete', () => {
    const deleting = dumbkv({ spec: { deletionPolicy: 'Delete' } });
    expect(secret.metadata.ownerReferences ?? []).toEqual([]);
    expect(sealingSecret(deleting, fresh).metadata.ownerReferences).toHaveLength(1);
  });
});

describe('the token Secret', () => {
  const secret = tokenSecret(dumbkv(), 'a-token');

  it('goes with its DumbKV', () => {
    const metadata = ownedMetadata(dumbkv(), 'orders-token');
    expect(secret).toMatchObject({ apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata });
  });

  it('holds the token and nothing else', () => {
    expect(secret.stringData).toEqual({ token: 'a-token' });
  });
});
