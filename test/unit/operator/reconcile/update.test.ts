// A new release of the operator, as an instance meets it: nothing is written for its pods until the
// user asks, and what belongs to the pods stays with them.
import { describe, expect, it } from 'vitest';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  DUMBKV,
  STATEFUL_SET,
} from '../../../../operator/api/resources.ts';
import type { ResourceType } from '../../../../operator/kube/resource.ts';
import { altered } from '../../../support/alteration.ts';
import { dumbkv, SERVER_IMAGE } from '../../../support/objects.ts';
import { World } from './world.ts';

const NEW = 'registry.example.com/dumbkv/server:2';
const specOf = (world: World, type: ResourceType, name: string) =>
  world.client.peek(type, 'shop', name)?.spec as {
    template: { spec: { containers: [{ image: string }] }; metadata: { annotations: object } };
  };
const imageIn = (world: World) =>
  specOf(world, DEPLOYMENT, 'orders').template.spec.containers[0].image;

describe('a release with another image', () => {
  it('changes nothing but the status', async () => {
    const world = await new World().settle();
    world.serverImage = NEW;
    await world.run();
    const { writes } = world.client;
    expect(writes.map(({ kind }) => kind)).toEqual([DUMBKV.kind]);
    expect(world.condition('UpdateAvailable')).toBe('True ReleaseDiffers');
    expect(world.condition('Ready')).toBe('True Available');
    expect(world.dumbkv.status?.image).toBe(SERVER_IMAGE);
  });

  it('is taken when the policy becomes Automatic', async () => {
    const world = await new World().settle();
    world.serverImage = NEW;
    await world.run();
    world.change({ spec: { updatePolicy: 'Automatic' } });
    await world.run();
    expect(imageIn(world)).toBe(NEW);
    expect(world.condition('UpdateAvailable')).toBeUndefined();
    expect(world.dumbkv.status?.image).toBe(NEW);
  });

  it('is taken with a restart', async () => {
    const world = await new World().settle();
    world.serverImage = NEW;
    world.change({ metadata: { annotations: { 'dumbkv.dev/restart': 'now' } } });
    await world.run();
    expect(imageIn(world)).toBe(NEW);
  });

  it('leaves the image alone while the user changes something else', async () => {
    const world = await new World().settle();
    world.serverImage = NEW;
    world.change({ spec: { resources: { limits: { memory: '1Gi' } } } });
    await world.run();
    expect(imageIn(world)).toBe(SERVER_IMAGE);
    const { template } = specOf(world, DEPLOYMENT, 'orders');
    expect(JSON.stringify(template)).toContain('1Gi');
  });

  it('is what comes back where the Deployment was deleted', async () => {
    const world = await new World().settle();
    world.serverImage = NEW;
    world.client.drop(DEPLOYMENT, 'shop', 'orders');
    await world.run();
    expect(imageIn(world)).toBe(NEW);
  });
});

describe('a release with another Postgres', () => {
  const onPostgres = () => new World(dumbkv({ spec: { engine: 'postgres' } })).settle();
  const otherFiles = (world: World, pinned: object = {}) => {
    const live = world.client.peek(STATEFUL_SET, 'shop', 'orders-postgres');
    const kept = JSON.parse(live?.metadata.annotations?.['dumbkv.dev/pinned'] ?? '');
    const template = { metadata: { annotations: { 'dumbkv.dev/configuration-hash': 'older' } } };
    const older = altered(kept, { template, files: { 'start.sh': 'older' }, ...pinned });
    const annotations = { 'dumbkv.dev/pinned': JSON.stringify(older) };
    const change = { metadata: { annotations }, spec: { template } };
    world.client.amend(STATEFUL_SET, 'shop', 'orders-postgres', change);
    edit(world, 'older');
  };
  const edit = (world: World, text: string) =>
    world.client.amend(CONFIG_MAP, 'shop', 'orders-postgres', { data: { 'start.sh': text } });
  const script = (world: World) => {
    const live = world.client.peek(CONFIG_MAP, 'shop', 'orders-postgres');
    return (live?.data as Record<string, string> | undefined)?.['start.sh'];
  };

  it('leaves its pod, its image and its files alone', async () => {
    const world = await onPostgres();
    otherFiles(world);
    world.postgresImage = 'registry.example.com/postgres:18';
    await world.run();
    expect(script(world)).toBe('older');
    const { template } = specOf(world, STATEFUL_SET, 'orders-postgres');
    expect(template.spec.containers[0].image).toBe('registry.example.com/postgres:17');
    expect(template.metadata.annotations).toMatchObject({
      'dumbkv.dev/configuration-hash': 'older',
    });
    expect(world.condition('UpdateAvailable')).toBe('True ReleaseDiffers');
  });

  it('replaces them together', async () => {
    const world = await onPostgres();
    otherFiles(world);
    world.change({ metadata: { annotations: { 'dumbkv.dev/restart': 'now' } } });
    await world.run();
    expect(script(world)).toContain('#!/bin/sh');
    expect(world.condition('UpdateAvailable')).toBeUndefined();
  });

  it.each([
    ['deleted', (world: World) => world.client.drop(CONFIG_MAP, 'shop', 'orders-postgres')],
    ['edited', (world: World) => edit(world, 'rm -rf /')],
  ])('puts its files back where they were %s', async (_what, happens) => {
    const world = await onPostgres();
    otherFiles(world);
    await world.run();
    happens(world);
    world.client.actions.length = 0;
    await world.run();
    expect(script(world)).toBe('older');
    expect(world.client.writes.map(({ kind }) => kind)).toContain('ConfigMap');
    world.client.actions.length = 0;
    await world.run();
    expect(world.client.writes).toEqual([]);
  });

  it('has the log follow the size of the volume beside files of before', async () => {
    const world = await onPostgres();
    otherFiles(world, { files: { 'postgresql.conf': "work_mem = '9MB'\n" } });
    world.change({ spec: { storage: { size: '2Gi' } } });
    await world.run();
    const live = world.client.peek(CONFIG_MAP, 'shop', 'orders-postgres');
    expect(live?.data).toMatchObject({
      'postgresql.conf': "max_wal_size = '512MB'\nmin_wal_size = '512MB'\nwork_mem = '9MB'\n",
    });
  });

  it('leaves files alone that nobody has kept, and brings its own if they go', async () => {
    const world = await onPostgres();
    otherFiles(world, { files: null });
    await world.run();
    expect(script(world)).toBe('older');
    world.client.drop(CONFIG_MAP, 'shop', 'orders-postgres');
    await world.run();
    expect(script(world)).toContain('#!/bin/sh');
  });
});
