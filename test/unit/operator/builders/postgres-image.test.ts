// The image of the operator's own Postgres over releases: newer ones of the same major version
// come, one of another major version never, unless the user names it.
import { describe, expect, it } from 'vitest';
import { imageOf, type PodTemplate } from '../../../../operator/builders/pinned.ts';
import { majorOf } from '../../../../operator/builders/postgres/image.ts';
import { postgresStatefulSet } from '../../../../operator/builders/postgres/stateful-set.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { dumbkv } from '../../../support/objects.ts';

const at = (tag: string) => `registry.example.com:5000/postgres:${tag}`;

/** A StatefulSet as a release with this image makes it, beside the one that is there. */
function made(tag: string, alteration: object = {}, live?: KubeObject): KubeObject {
  const object = dumbkv({ spec: { engine: 'postgres' }, ...alteration });
  return postgresStatefulSet(object, { image: at(tag), credentialsUid: 'uid-1' }, live);
}
const imageIn = ({ spec }: KubeObject) => imageOf((spec as { template: PodTemplate }).template);

const RESTART = { metadata: { annotations: { 'dumbkv.dev/restart': 'now' } } };
const AUTOMATIC = { spec: { engine: 'postgres', updatePolicy: 'Automatic' } };
const naming = (tag: string) => ({
  spec: { engine: 'postgres', postgres: { type: 'Managed', managed: { image: at(tag) } } },
});

describe.each([
  ['a restart that is asked for', RESTART],
  ['updatePolicy: Automatic', AUTOMATIC],
])('with %s', (_sentence, alteration) => {
  it.each([
    ['17.1', '17.2'],
    ['15', '15-bookworm'],
    ['latest', '17'],
    ['17', 'latest'],
    ['2024.1', '2025.1'],
  ])('%s becomes the %s of the release', (before, after) => {
    expect(imageIn(made(after, alteration, made(before)))).toBe(at(after));
  });

  it.each([
    ['15-bookworm', '17-bookworm'],
    ['17.2', '18.0'],
    ['17', '16'],
  ])('%s stays where the release has %s', (before, after) => {
    const live = made(before);
    const first = made(after, alteration, live);
    expect(imageIn(first)).toBe(at(before));
    expect(imageIn(made(after, alteration, first))).toBe(at(before));
  });
});

it('an image that the user names comes, and stays when it is named no more', () => {
  const named = made('17', naming('16'), made('15'));
  expect(imageIn(named)).toBe(at('16'));
  expect(imageIn(made('17', {}, named))).toBe(at('16'));
});

it('a change of the spec keeps the image, as ever', () => {
  const resources = { limits: { memory: '1Gi' } };
  const spec = { engine: 'postgres', postgres: { type: 'Managed', managed: { resources } } };
  expect(imageIn(made('17.2', { spec }, made('17.1')))).toBe(at('17.1'));
});

it.each([
  ['postgres:17', 17],
  ['postgres:15-bookworm', 15],
  ['registry.example.com:5000/any/postgres:17.2-alpine', 17],
  [`postgres:16@sha256:${'1'.repeat(64)}`, 16],
  ['registry.example.com:5000/postgres', undefined],
  ['registry.example.com:17/postgres', undefined],
  [`postgres@sha256:${'1'.repeat(64)}`, undefined],
  ['postgres:latest', undefined],
  ['postgres:v17', undefined],
  ['postgres:1.4.0', undefined],
  ['postgres:20250101', undefined],
])('of %s the major version is %s', (image, major) => {
  expect(majorOf(image)).toBe(major);
});
