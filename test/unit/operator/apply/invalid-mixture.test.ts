// A Deployment that is invalid beside what somebody added to it: the addition is taken away, over
// the very object that was looked at; of no other kind and for no other refusal.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, SERVICE } from '../../../../operator/api/resources.ts';
import { applyChild } from '../../../../operator/apply/apply.ts';
import { deployment } from '../../../../operator/builders/deployment.ts';
import { service } from '../../../../operator/builders/service.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { dumbkv, SERVER_IMAGE, STORE } from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { setting } from './setting.ts';

const settings = { image: SERVER_IMAGE, storeId: STORE.storeId };
const CHILDREN = {
  Deployment: { type: DEPLOYMENT, object: deployment(dumbkv(), settings) },
  Service: { type: SERVICE, object: service(dumbkv()) },
};
const rollingUpdate = { maxSurge: '25%' };
const ADDED = {
  Deployment: { strategy: { type: 'RollingUpdate', rollingUpdate } },
  Service: { type: 'ExternalName', externalName: 'elsewhere.example' },
};
const refused = (code: number) =>
  refusal('PATCH', '/orders', code, code === 422 ? 'Invalid' : 'No');

/** A child that somebody has edited, and an API server that refuses to have it applied. */
async function edited(kind: keyof typeof CHILDREN, statusCode: number) {
  const made = setting();
  const { type } = CHILDREN[kind];
  const apply = () => applyChild(dumbkv(), CHILDREN[kind], made.context);
  await apply();
  made.client.amend(type, 'shop', 'orders', { spec: ADDED[kind] });
  const live = made.client.peek(type, 'shop', 'orders') as KubeObject;
  made.cache.put(type, live);
  made.client.actions.length = 0;
  const error = refused(statusCode);
  made.client.refuse('apply', kind, error);
  return { ...made, apply, error, live };
}

describe('a Deployment that is invalid beside what somebody added', () => {
  it('loses the addition and holds all that is desired', async () => {
    const { client, apply } = await edited('Deployment', 422);
    expect(await apply()).toBe('updated');
    const spec = client.peek(DEPLOYMENT, 'shop', 'orders')?.spec;
    expect(spec).toEqual(CHILDREN.Deployment.object.spec);
  });

  it('is patched over the very object that was looked at', async () => {
    const { client, apply, live } = await edited('Deployment', 422);
    await apply();
    const { uid, resourceVersion } = live.metadata;
    expect(client.writeTitles).toEqual(['apply Deployment orders', 'mergePatch Deployment orders']);
    expect(client.writes[1]?.sent).toMatchObject({ metadata: { uid, resourceVersion } });
  });

  it('goes into the cache as the API server answered it, and is quiet from then on', async () => {
    const { client, cache, apply } = await edited('Deployment', 422);
    await apply();
    expect(cache.observed.at(-1)).toEqual(client.peek(DEPLOYMENT, 'shop', 'orders'));
    client.actions.length = 0;
    expect(await apply()).toBe('unchanged');
    expect(client.actions).toEqual([]);
  });

  it.each([
    ['Deployment', 403],
    ['Deployment', 409],
    ['Service', 422],
  ] as const)('is not a %s that is refused with %i, which is thrown', async (kind, statusCode) => {
    const { client, apply, error } = await edited(kind, statusCode);
    await expect(apply()).rejects.toBe(error);
    expect(client.writeTitles).toEqual([`apply ${kind} orders`]);
  });
});
