// What the status says of an update that pinned pods did not take: what it would bring and how to
// take it; and the image that they run meanwhile.
import { describe, expect, it } from 'vitest';
import { postgresStatefulSet } from '../../../../operator/builders/postgres/stateful-set.ts';
import { statusOf } from '../../../../operator/status/compute.ts';
import { altered } from '../../../support/alteration.ts';
import { dumbkv, readyDeployment, SERVER_IMAGE } from '../../../support/objects.ts';
import { conditionOf, facts, typesOf } from './facts.ts';

const NEW = 'registry.example.com/dumbkv/server:2';
const OLD_POSTGRES = 'registry.example.com/postgres:17.1';
const onPostgres = dumbkv({ spec: { engine: 'postgres' } });
const postgres = postgresStatefulSet(onPostgres, { image: OLD_POSTGRES, credentialsUid: 'uid-1' });

describe('UpdateAvailable', () => {
  it('is not there when the pods are those of the release', () => {
    expect(typesOf()).not.toContain('UpdateAvailable');
  });

  it('names both images, and the command that takes the new one', () => {
    const condition = conditionOf('UpdateAvailable', { serverImage: NEW });
    expect(condition).toMatchObject({ status: 'True', reason: 'ReleaseDiffers' });
    expect(condition?.message).toBe(
      `A restart would bring the server the image ${NEW} instead of ${SERVER_IMAGE}. To take it: ` +
        'kubectl -n shop annotate --overwrite dkv orders dumbkv.dev/restart="$(date)"; or set ' +
        'spec.updatePolicy to Automatic.',
    );
  });

  it('tells of another template with the same image', () => {
    const { annotations = {} } = readyDeployment().metadata;
    const kept = JSON.parse(annotations['dumbkv.dev/pinned'] ?? '');
    const older = altered(kept, { template: { spec: { enableServiceLinks: true } } });
    const deployment = readyDeployment({
      metadata: { annotations: { 'dumbkv.dev/pinned': JSON.stringify(older) } },
    });
    const condition = conditionOf('UpdateAvailable', { children: { deployment } });
    expect(condition?.message).toContain('bring the server another pod template. To');
  });

  it('tells of Postgres where the operator runs it', () => {
    const children = { deployment: undefined, postgres };
    const condition = conditionOf('UpdateAvailable', { dumbkv: onPostgres, children });
    expect(condition?.message).toContain('Postgres the image registry.example.com/postgres:17');
    expect(condition?.message).toContain(`instead of ${OLD_POSTGRES}`);
    const external = { type: 'External', external: { urlSecretRef: { name: 'x', key: 'url' } } };
    const foreign = dumbkv({ spec: { engine: 'postgres', postgres: external } });
    expect(typesOf({ dumbkv: foreign, children })).not.toContain('UpdateAvailable');
  });

  it('promises no Postgres that could not read the data', () => {
    const settings = { image: 'registry.example.com/postgres:16', credentialsUid: 'uid-1' };
    const children = { deployment: undefined, postgres: postgresStatefulSet(onPostgres, settings) };
    expect(typesOf({ dumbkv: onPostgres, children })).not.toContain('UpdateAvailable');
  });

  it('is not there where the update is under way by itself', () => {
    const automatic = dumbkv({ spec: { updatePolicy: 'Automatic' } });
    expect(typesOf({ dumbkv: automatic, serverImage: NEW })).not.toContain('UpdateAvailable');
  });
});

describe('the image', () => {
  it('is the one that the pods are pinned to', () => {
    expect(statusOf(facts({ serverImage: NEW })).image).toBe(SERVER_IMAGE);
  });

  it('is, before there are pods, what they will have', () => {
    const children = { deployment: undefined };
    expect(statusOf(facts({ serverImage: NEW, children })).image).toBe(NEW);
    const named = dumbkv({ spec: { image: 'registry.example.com/dumbkv/server:3' } });
    const { image } = statusOf(facts({ dumbkv: named, children }));
    expect(image).toBe('registry.example.com/dumbkv/server:3');
  });
});
