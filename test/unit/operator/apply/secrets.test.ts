// The Secrets: made once by POST, never overwritten; afterwards only their metadata follows their
// DumbKV, and what others put there stays.
import { describe, expect, it } from 'vitest';
import type { DumbKV } from '../../../../crds/schema.ts';
import { SECRET } from '../../../../operator/api/resources.ts';
import {
  createSecret,
  releaseData,
  updateSecretMetadata,
} from '../../../../operator/apply/secrets.ts';
import {
  dataSetMetadata,
  ownedMetadata,
  ownerReference,
} from '../../../../operator/builders/metadata.ts';
import { tokenSecret } from '../../../../operator/builders/secret.ts';
import type { KubeObject, ObjectMeta } from '../../../../operator/kube/resource.ts';
import { altered } from '../../../support/alteration.ts';
import { dumbkv, ownTokenSecret, STORE, sealingSecretAsRead } from '../../../support/objects.ts';
import { type Setting, setting } from './setting.ts';

const deleting = dumbkv({ spec: { deletionPolicy: 'Delete' } });
const backup = { apiVersion: 'v1', kind: 'Backup', name: 'b', uid: 'b' };

function withSecret(alteration: object = {}): Setting {
  const made = setting();
  made.client.put(SECRET, sealingSecretAsRead(alteration));
  return made;
}

const live = ({ client }: Setting) => client.peek(SECRET, 'shop', 'orders-sealing');
const updating = (made: Setting, owner: DumbKV = dumbkv()) =>
  updateSecretMetadata(
    owner,
    live(made)?.metadata as ObjectMeta,
    dataSetMetadata(owner, 'orders-sealing', STORE),
    made.context,
  );
const update = async (made: Setting, owner?: DumbKV) => (await updating(made, owner)).result;

describe('a new Secret', () => {
  it('is created', async () => {
    const { client, context } = setting();
    await createSecret(tokenSecret(dumbkv(), 'abc'), context);
    expect(client.writeTitles).toEqual(['create Secret orders-token']);
  });

  it('never replaces one that was made meanwhile', async () => {
    const { client, context } = setting();
    await createSecret(tokenSecret(dumbkv(), 'first'), context);
    const second = createSecret(tokenSecret(dumbkv(), 'second'), context);
    await expect(second).rejects.toMatchObject({ statusCode: 409, reason: 'AlreadyExists' });
    const data = client.peek(SECRET, 'shop', 'orders-token')?.data as { token: string };
    expect(Buffer.from(data.token, 'base64').toString()).toBe('first');
  });
});

describe('the metadata of the sealing Secret', () => {
  it('is left alone when it is in step', async () => {
    const made = withSecret();
    expect(await update(made)).toBe('unchanged');
    expect(made.client.actions).toEqual([]);
  });

  it('is left alone for labels, annotations and owners of others', async () => {
    const made = withSecret({
      metadata: { labels: { team: 'a' }, annotations: { note: 'x' }, ownerReferences: [backup] },
    });
    expect(await update(made)).toBe('unchanged');
  });

  it.each<[string, object]>([
    ['a lost label', { metadata: { labels: { 'dumbkv.dev/instance': null } } }],
    ['all labels lost', { metadata: { labels: null } }],
    ['all annotations lost', { metadata: { annotations: null } }],
    [
      'the uid of an earlier user',
      { metadata: { annotations: { 'dumbkv.dev/owner-uid': 'old' } } },
    ],
  ])('is put in step after %s', async (_case, alteration) => {
    const made = withSecret(alteration);
    expect(await update(made)).toBe('updated');
    const { labels, annotations } = sealingSecretAsRead().metadata;
    expect(live(made)?.metadata).toMatchObject({ labels, annotations });
  });

  it('is patched in its metadata alone, over the very Secret that was read', async () => {
    const made = withSecret({ metadata: { labels: null } });
    const { uid, resourceVersion } = live(made)?.metadata ?? {};
    await update(made);
    const [action] = made.client.writes;
    expect(action).toMatchObject({
      verb: 'mergePatch',
      sent: { metadata: { uid, resourceVersion } },
    });
    expect(Object.keys(action?.sent as object)).toEqual(['metadata']);
  });

  it('never touches the key', async () => {
    const made = withSecret({ metadata: { labels: null } });
    await update(made, deleting);
    expect(live(made)?.data).toEqual(sealingSecretAsRead().data);
  });

  it('keeps what others put there', async () => {
    const made = withSecret({ metadata: { labels: { 'dumbkv.dev/instance': null, team: 'a' } } });
    await update(made);
    expect(live(made)?.metadata.labels).toMatchObject({
      team: 'a',
      'dumbkv.dev/instance': 'orders',
    });
  });

  it('is in step again after one write', async () => {
    const made = withSecret({ metadata: { labels: null, ownerReferences: [backup] } });
    await update(made, deleting);
    expect(await update(made, deleting)).toBe('unchanged');
  });

  it('is not written over a Secret that somebody changed meanwhile', async () => {
    const made = withSecret({ metadata: { labels: null } });
    const stale = live(made)?.metadata as ObjectMeta;
    made.client.amend(SECRET, 'shop', 'orders-sealing', { metadata: { labels: { team: 'a' } } });
    const inStep = dataSetMetadata(dumbkv(), 'orders-sealing', STORE);
    const late = updateSecretMetadata(dumbkv(), stale, inStep, made.context);
    await expect(late).rejects.toMatchObject({ statusCode: 409 });
  });
});

/** Takes our owner off. */
const release = (made: Setting) =>
  releaseData(dumbkv(), SECRET, { metadata: live(made)?.metadata as ObjectMeta }, made.context);

describe('the owner of the sealing Secret', () => {
  const ownersAfter = async (before: object[] | null, owner: DumbKV) => {
    const made = withSecret({ metadata: { ownerReferences: before } });
    await update(made, owner);
    if (owner !== deleting) await release(made);
    return live(made)?.metadata.ownerReferences ?? [];
  };
  const ours = ownerReference(dumbkv());
  const { controller: _, ...plain } = ours;

  it.each<[string, object[] | null, DumbKV, object[]]>([
    ['comes with the policy Delete', null, deleting, [ours]],
    ['stays with the policy Delete', [ours], deleting, [ours]],
    ['goes with the policy Retain', [ours], dumbkv(), []],
    ['comes beside those of others', [backup], deleting, [backup, ours]],
    ['goes from beside those of others', [backup, ours], dumbkv(), [backup]],
    ['takes the place of one that does not control', [plain], deleting, [ours]],
    ['goes though it does not control', [plain], dumbkv(), []],
  ])('%s', async (_case, before, owner, after) => {
    expect(await ownersAfter(before, owner)).toEqual(after);
  });
});

describe('a Secret that does not stay in step', () => {
  const unlabelled = { metadata: { labels: { 'app.kubernetes.io/part-of': null } } };

  it('is written more and more rarely, and told', async () => {
    const made = withSecret();
    const results: string[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      made.client.amend(SECRET, 'shop', 'orders-sealing', unlabelled);
      results.push(await update(made));
    }
    expect(results).toEqual([...Array(5).fill('updated'), ...Array(3).fill('unchanged')]);
    await made.clock.advance(1000);
    const { result, trouble } = await updating(made);
    expect([result, trouble?.reason]).toEqual(['updated', 'Contested']);
    expect(trouble?.message).toContain('somebody changed it again');
  });

  it('because a policy changes it is told with the field', async () => {
    const made = withSecret(unlabelled);
    const patch = made.client.mergePatch.bind(made.client);
    made.client.mergePatch = (type, namespace, name, change) =>
      patch(type, namespace, name, altered(change, unlabelled));
    const { trouble } = await updating(made);
    expect(trouble).toMatchObject({ kind: 'Secret', reason: 'Undone', isAboutSpec: false });
    expect(trouble?.message).toContain('metadata.labels.app.kubernetes.io/part-of is not');
    made.client.actions.length = 0;
    expect((await updating(made)).trouble).toBe(trouble);
    expect(made.client.actions).toEqual([]);
  });

  it('has an owner that deletes data taken off each time, and that is told', async () => {
    const made = withSecret();
    const owned = { metadata: { ownerReferences: [ownerReference(dumbkv())] } };
    for (let turn = 0; turn < 8; turn += 1) {
      made.client.amend(SECRET, 'shop', 'orders-sealing', owned);
      expect((await release(made)).trouble?.reason).toBe(turn < 5 ? undefined : 'Contested');
      expect(live(made)?.metadata.ownerReferences).toEqual([]);
    }
  });
});

describe("somebody else's Secret", () => {
  it.each<[string, string, object]>([
    ['is never written', 'NameConflict', { kind: 'Vault', name: 'v' }],
    ['of an earlier DumbKV is waited for', 'Terminating', { kind: 'DumbKV', name: 'orders' }],
  ])('%s (%s)', async (_case, reason, owner) => {
    const made = withSecret({
      metadata: { labels: null, ownerReferences: [{ ...owner, uid: 'other', controller: true }] },
    });
    await expect(update(made)).rejects.toMatchObject({ problem: { reason } });
    expect(made.client.writes).toEqual([]);
  });
});

describe('the metadata of the token Secret', () => {
  const inStep = ownedMetadata(dumbkv(), 'orders-token');
  const withToken = async (alteration: object) => {
    const made = setting();
    made.client.put(SECRET, ownTokenSecret(alteration));
    const before = made.client.peek(SECRET, 'shop', 'orders-token');
    const { metadata } = before as KubeObject;
    const { result } = await updateSecretMetadata(dumbkv(), metadata, inStep, made.context);
    const after = made.client.peek(SECRET, 'shop', 'orders-token');
    return { result, before, after, client: made.client };
  };

  it('is left alone when it is in step', async () => {
    const { result, client } = await withToken({});
    expect(result).toBe('unchanged');
    expect(client.actions).toEqual([]);
  });

  it.each<[string, object]>([
    ['its labels', { labels: null }],
    ['its owner', { ownerReferences: null }],
    ['both', { labels: null, ownerReferences: null }],
  ])('is put in step where it lost %s, and the token stays', async (_case, metadata) => {
    const { before, after } = await withToken({ metadata });
    expect(after?.metadata).toMatchObject({
      labels: inStep.labels,
      ownerReferences: inStep.ownerReferences,
      uid: before?.metadata.uid,
    });
    expect(after?.data).toEqual(before?.data);
  });

  it('keeps the annotations of others', async () => {
    const note = { 'example.com/note': 'x' };
    const { after } = await withToken({ metadata: { labels: null, annotations: note } });
    expect(after?.metadata.annotations).toEqual(note);
  });
});
