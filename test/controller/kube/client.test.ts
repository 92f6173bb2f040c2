// Each call of the client against a real API server: what it sends is accepted, what comes back
// is told apart, and every precondition holds.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as errors from '../../../operator/kube/api-errors.ts';
import type { KubeClient, KubeObject, ResourceType } from '../../../operator/kube/client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { CONFIG_MAP, connect } from './connect.ts';

const controlPlane = useControlPlane({ crd: false });
const core = (plural: string, kind: string, namespaced: boolean): ResourceType => ({
  ...{ group: '', version: 'v1', plural, kind, namespaced },
});
const NAMESPACE = core('namespaces', 'Namespace', false);
const SECRET = core('secrets', 'Secret', true);
const SERVICE = core('services', 'Service', true);

let client: KubeClient;
let close = async () => {};
let name = '';

beforeAll(async () => {
  const connected = await connect(controlPlane().kubeconfig);
  client = connected.client;
  close = connected.close;
});
afterAll(() => close());
beforeEach(() => {
  name = `test-${randomUUID().slice(0, 8)}`;
});

/** A ConfigMap of this test with this data. */
function configMap(data: Record<string, string>, metadata: object = {}): KubeObject {
  return { metadata: { namespace: 'default', name, ...metadata }, data };
}

/** What a call threw. */
async function thrown(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.unreachable('the call should have failed'),
    (error: unknown) => error,
  );
}

const live = () => client.get(CONFIG_MAP, 'default', name);

describe('get', () => {
  it('gives an object with its kind, or undefined', async () => {
    expect(await live()).toBeUndefined();
    await client.create(CONFIG_MAP, configMap({ a: '1' }));
    expect(await live()).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
  });

  it('finds objects without namespace', async () => {
    const found = await client.get(NAMESPACE, undefined, 'default');
    expect(found?.metadata.name).toBe('default');
  });
});

describe('list', () => {
  it('gives pages, by label, with kinds filled in', async () => {
    const labels = { page: name };
    for (const suffix of ['a', 'b', 'c']) {
      const metadata = { namespace: 'default', name: `${name}-${suffix}`, labels };
      await client.create(CONFIG_MAP, { metadata });
    }
    const options = { namespace: 'default', labelSelector: `page=${name}`, limit: 2 };
    const first = await client.list(CONFIG_MAP, options);
    const { continueToken } = first;
    const second = await client.list(CONFIG_MAP, { ...options, continueToken });
    expect([first.items.length, second.items.length]).toEqual([2, 1]);
    expect(first.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(second.continueToken).toBeUndefined();
    expect(second.resourceVersion).toMatch(/^\d+$/);
  });

  it('of a kind that is not served is a 404', async () => {
    const unknown = { ...CONFIG_MAP, group: 'nothing.example', plural: 'things' };
    const error = await thrown(client.list(unknown, { limit: 1 }));
    expect(errors.isNotFound(error)).toBe(true);
  });
});

describe('a version that is not there yet', () => {
  it('is too large for a list', async () => {
    const options = { namespace: 'default', limit: 1, resourceVersion: '99999999' };
    const error = await thrown(client.list(CONFIG_MAP, options));
    expect(errors.isResourceVersionTooLarge(error)).toBe(true);
  });
});

describe('watch', () => {
  it('gives the events after a version, until it is aborted', async () => {
    const { resourceVersion } = await client.list(CONFIG_MAP, { namespace: 'default', limit: 1 });
    const stopping = new AbortController();
    const options = { namespace: 'default', resourceVersion, timeoutSeconds: 60 };
    const events = await client.watch(CONFIG_MAP, options, stopping.signal);
    await client.create(CONFIG_MAP, configMap({ emoji: '\u{1F40C} é' }));
    for await (const { type, object } of events) {
      if (object.metadata.name !== name) continue;
      expect([type, object.data]).toEqual(['ADDED', { emoji: '\u{1F40C} é' }]);
      break;
    }
    const again = await client.watch(CONFIG_MAP, options, stopping.signal);
    const ended = (async () => {
      for await (const _ of again) stopping.abort(new Error('enough'));
    })();
    await expect(ended).rejects.toThrow();
  });
});

describe('create', () => {
  it('of what exists says AlreadyExists, which is no conflict', async () => {
    await client.create(CONFIG_MAP, configMap({}));
    const error = await thrown(client.create(CONFIG_MAP, configMap({})));
    expect([errors.isAlreadyExists(error), errors.isConflict(error)]).toEqual([true, false]);
  });

  it('in a namespace that is being deleted says so', async () => {
    const namespace = name;
    await client.create(NAMESPACE, { metadata: { name: namespace } });
    await client.remove(NAMESPACE, undefined, namespace, {});
    const object = { metadata: { namespace, name } };
    const error = await thrown(client.create(CONFIG_MAP, object));
    expect([errors.isNamespaceTerminating(error), errors.isForbidden(error)]).toEqual([true, true]);
  });

  it('of what is not valid says where, but quotes nothing of a Secret', async () => {
    const secret = { metadata: { namespace: 'default', name }, data: { token: 'not!base64' } };
    const error = (await thrown(client.create(SECRET, secret))) as errors.ApiError;
    expect(error.statusCode).toBe(400);
    expect(error.message).toBe('POST /api/v1/namespaces/default/secrets: 400 BadRequest');
    const service = { metadata: { namespace: 'default', name }, spec: { ports: [{ port: 0 }] } };
    const invalid = await thrown(client.create(SERVICE, service));
    expect(errors.isInvalid(invalid)).toBe(true);
    expect(String(invalid)).toContain('spec.ports[0].port');
  });
});

describe('apply', () => {
  it('creates, then changes only what it is given', async () => {
    await client.apply(CONFIG_MAP, configMap({ ours: '1' }));
    const patch = { data: { theirs: '2' }, metadata: { annotations: { x: 'y' } } };
    await client.mergePatch(CONFIG_MAP, 'default', name, patch);
    const applied = await client.apply(CONFIG_MAP, configMap({ ours: '3' }));
    expect(applied.data).toEqual({ ours: '3', theirs: '2' });
    const managers = (applied.metadata as { managedFields?: { manager: string }[] }).managedFields;
    expect(managers?.map(({ manager }) => manager)).toContain('dumbkv-operator');
  });

  it('with an old resource version or another uid is a conflict', async () => {
    const first = await client.apply(CONFIG_MAP, configMap({ a: '1' }));
    await client.apply(CONFIG_MAP, configMap({ a: '2' }));
    for (const key of ['resourceVersion', 'uid'] as const) {
      const metadata = { [key]: key === 'uid' ? randomUUID() : first.metadata[key] };
      const error = await thrown(client.apply(CONFIG_MAP, configMap({ a: '3' }, metadata)));
      expect(errors.isConflict(error), key).toBe(true);
    }
    expect((await live())?.data).toEqual({ a: '2' });
  });

  it('as a dry run changes nothing', async () => {
    const tried = await client.apply(CONFIG_MAP, configMap({ a: '1' }), { dryRun: true });
    expect(tried.data).toEqual({ a: '1' });
    expect(await live()).toBeUndefined();
  });

  it('reaches a subresource', async () => {
    const metadata = { namespace: 'default', name };
    const ports = [{ port: 80, protocol: 'TCP' }];
    await client.create(SERVICE, { metadata, spec: { type: 'LoadBalancer', ports } });
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } };
    const applied = await client.apply(SERVICE, { metadata, status }, { subresource: 'status' });
    expect(applied.status).toMatchObject(status);
  });
});

describe('replace', () => {
  it('needs the live resource version', async () => {
    const made = await client.create(CONFIG_MAP, configMap({ a: '1' }));
    await client.replace(CONFIG_MAP, { ...made, data: { a: '2' } });
    const error = await thrown(client.replace(CONFIG_MAP, { ...made, data: { a: '3' } }));
    expect(errors.isConflict(error)).toBe(true);
    expect((await live())?.data).toEqual({ a: '2' });
  });
});

describe('remove', () => {
  it('needs the uid and the version that were seen, and does not mind what is gone', async () => {
    const made = await client.create(CONFIG_MAP, configMap({}));
    const { uid, resourceVersion } = made.metadata;
    for (const preconditions of [{ uid: randomUUID() }, { uid, resourceVersion: '1' }]) {
      const error = await thrown(client.remove(CONFIG_MAP, 'default', name, preconditions));
      expect(errors.isConflict(error)).toBe(true);
    }
    await client.remove(CONFIG_MAP, 'default', name, { uid, resourceVersion });
    await client.remove(CONFIG_MAP, 'default', name, { uid, resourceVersion });
    expect(await live()).toBeUndefined();
  });
});

describe('a user without rights', () => {
  it('is forbidden, and told what', async () => {
    const account = core('serviceaccounts', 'ServiceAccount', true);
    await client.create(account, { metadata: { namespace: 'default', name } });
    const impersonating = JSON.parse(controlPlane().kubeconfig);
    impersonating.users[0].user.as = `system:serviceaccount:default:${name}`;
    const limited = await connect(JSON.stringify(impersonating));
    const error = await thrown(limited.client.get(SECRET, 'default', 'any'));
    await limited.close();
    expect(errors.isForbidden(error)).toBe(true);
    expect(errors.isNamespaceTerminating(error)).toBe(false);
    expect(String(error)).toContain('cannot get resource "secrets"');
  });
});
