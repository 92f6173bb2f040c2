// Bad input that only the cluster can find: each case ends in a condition whose message says what
// to do, a correction heals it, the operator does not crash over it and does not ask in a hot
// loop.
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { DUMBKV, SECRET, STORAGE_CLASS } from '../../operator/api/resources.ts';
import { Place } from '../support/place.ts';
import { auditFromNow, tally, writesIn } from './support/audit.ts';
import { serverImage, useGround } from './support/ground.ts';
import { LONG_PATIENCE_MS } from './support/patience.ts';
import { report, stopwatch } from './support/report.ts';
import { TheOperator } from './support/the-operator.ts';

const ground = useGround('bad-input');
const CLASS_NAME = 'e2e-later';
const WATCHED_MS = 60_000;
/** Some looks a minute for each of four instances, a few reads each; a hot loop has hundreds. */
const REQUESTS_PER_MINUTE_MAX = 240;
const WRITES_PER_MINUTE_MAX = 30;
let restartsBefore: Record<string, number>;

const cluster = () => new Place('', ground().call);

beforeAll(async () => {
  restartsBefore = await new TheOperator(ground().cluster).restarts();
  await cluster().remove(STORAGE_CLASS, CLASS_NAME);
  const image = (await serverImage(ground().cluster)).replace(/:[^:/]*$/, ':no-such-tag');
  await ground().applyDumbkv('unpullable', { image });
  await ground().applyDumbkv('classless', { storage: { size: '1Gi', className: CLASS_NAME } });
  const auth = { type: 'Token', tokenSecretRef: { name: 'absent' } };
  await ground().applyDumbkv('tokenless', { auth });
});

describe('a condition tells', () => {
  it('of an image that cannot be pulled', async () => {
    const { message } = await ground().untilShows('unpullable', 'ImagePullFailed');
    expect(message).toContain(':no-such-tag" cannot be pulled');
    expect(message).toContain('Correct spec.image');
  });

  it('of a storage class that does not exist', async () => {
    const { message } = await ground().untilShows('classless', 'StorageClassNotFound');
    expect(message).toContain(`StorageClass "${CLASS_NAME}" does not exist`);
    expect(message).toContain('kubectl get storageclass');
  });

  it('of a Secret that is missing', async () => {
    const { message } = await ground().untilShows('tokenless', 'TokenSecretMissing', 'Stalled');
    expect(message).toContain('Secret "absent", named by spec.auth.tokenSecretRef, does not exist');
    expect(message).toContain('the label dumbkv.dev/instance: tokenless');
  });

  it('of an image that the operator does not allow', async () => {
    await ground().applyDumbkv('foreign', { image: 'example.com/another:1' });
    const { message } = await ground().untilShows('foreign', 'ImageNotAllowed', 'Stalled');
    expect(message).toContain('spec.image "example.com/another:1" is not allowed');
    await ground().output(['delete', 'dumbkv', 'foreign']);
  });

  it('of storage that cannot grow, while the instance goes on serving', async () => {
    await ground().applyDumbkv('small');
    await ground().untilReady('small');
    const small = await ground().instance('small');
    await small.put('kept', 'through a wrong size');
    await ground().applyDumbkv('small', { storage: { size: '2Gi' } });
    const { message } = await ground().untilShows('small', 'ExpansionRefused', 'StorageReady');
    expect(message).toContain('must support resize');
    await ground().untilReady('small');
    expect(await small.get('kept')).toBe('through a wrong size');
  });

  it('in the table that people look at first', async () => {
    const table = await ground().output(['get', 'dumbkv']);
    for (const [name, reason] of [
      ['unpullable', 'ImagePullFailed'],
      ['classless', 'StorageClassNotFound'],
      ['tokenless', 'TokenSecretMissing'],
    ]) {
      expect(table).toMatch(new RegExp(`^${name} +False +${reason} `, 'm'));
    }
  });
});

describe('the operator', () => {
  it('neither crashes nor loops hot over them', async () => {
    const since = await auditFromNow(ground().cluster);
    await pause(WATCHED_MS);
    // storage classes are asked for outside of any namespace
    const places = [ground().namespace, undefined];
    const requests = (await since()).filter(({ namespace }) => places.includes(namespace));
    const writes = writesIn(requests);
    report(`in a minute over four bad instances the operator asked: ${tally(requests)}`);
    report(`of these writes: ${tally(writes)}`);
    expect(requests.length).toBeLessThan(REQUESTS_PER_MINUTE_MAX);
    expect(writes.length).toBeLessThan(WRITES_PER_MINUTE_MAX);
    expect(await new TheOperator(ground().cluster).restarts()).toEqual(restartsBefore);
  });
});

describe('a correction heals', () => {
  it('the image', async () => {
    const took = stopwatch();
    await ground().change(DUMBKV, 'unpullable', { spec: { image: null } });
    await ground().untilReady('unpullable');
    took('from the image corrected to Ready');
  });

  it('the storage class', async () => {
    const [standard] = await cluster().list(STORAGE_CLASS);
    const { provisioner, reclaimPolicy, volumeBindingMode } = standard ?? {};
    const took = stopwatch();
    await cluster().make(STORAGE_CLASS, {
      metadata: { name: CLASS_NAME },
      ...{ provisioner, reclaimPolicy, volumeBindingMode },
    });
    try {
      await ground().untilShows('classless', 'Available', 'Ready', LONG_PATIENCE_MS);
      took('from the storage class made to Ready');
    } finally {
      await cluster().remove(STORAGE_CLASS, CLASS_NAME);
    }
  });

  it('the size of the storage, by the same DumbKV applied anew with the old one', async () => {
    await ground().output(['delete', 'dumbkv', 'small']);
    await ground().applyDumbkv('small');
    await ground().untilReady('small');
    const small = await ground().instance('small');
    expect(await small.get('kept')).toBe('through a wrong size');
  });

  it('the Secret', async () => {
    const metadata = { name: 'absent', labels: { 'dumbkv.dev/instance': 'tokenless' } };
    const stringData = { token: 'found-after-all-0123456789\n' };
    const took = stopwatch();
    await ground().make(SECRET, { metadata, stringData });
    // Secrets are not watched, and the operator looks ever more rarely
    await ground().untilShows('tokenless', 'Available', 'Ready', LONG_PATIENCE_MS);
    took('from the Secret made to Ready');
  });
});
