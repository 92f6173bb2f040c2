// The transport through a proxy that misbehaves: connections are kept, time limits hold, tokens
// are read again when they expire, and Retry-After is honoured where repeating is safe.
import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isUnauthorized, TransportError } from '../../../operator/kube/api-errors.ts';
import type { KubeClient, KubeObject, ResourceType } from '../../../operator/kube/client.ts';
import { kubeconfigOf } from '../../support/control-plane.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { type MisbehavingProxy, startMisbehavingProxy } from '../../support/misbehaving-proxy.ts';
import { until } from '../../support/until.ts';
import { CONFIG_MAP, connect } from './connect.ts';

const controlPlane = useControlPlane({ crd: false });

let proxy: MisbehavingProxy;
let connected: Awaited<ReturnType<typeof connect>>;
const counted: string[] = [];

beforeAll(async () => {
  proxy = await startMisbehavingProxy(controlPlane());
  connected = await connect(proxy.kubeconfig, {
    callTimeoutMs: 3000,
    onRequest: (code, method) => counted.push(`${method} ${code}`),
  });
});
afterAll(async () => {
  await connected.close();
  await proxy.stop();
});
afterEach(() => {
  proxy.behaveWell();
  counted.length = 0;
});

const list = (client: KubeClient = connected.client) =>
  client.list(CONFIG_MAP, { namespace: 'default', limit: 10 });

/** The error of a call that must fail. */
async function thrown(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.unreachable('the call should have failed'),
    (error: unknown) => error,
  );
}

describe('connections', () => {
  it('are kept: sixty calls one after the other need two at most', async () => {
    await list();
    const before = proxy.connections();
    for (let times = 0; times < 60; times += 1) await list();
    expect(proxy.connections() - before).toBeLessThanOrEqual(1);
  });

  it('of calls at the same time are few', async () => {
    const before = proxy.connections();
    await Promise.all(Array.from({ length: 200 }, () => list()));
    expect(proxy.connections() - before).toBeLessThanOrEqual(32);
  });

  it('that break are a failure with its cause, counted as such', async () => {
    proxy.behave(() => ({ kind: 'reset' }));
    const error = await thrown(list());
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: 'DKV_KUBE_UNREACHABLE', cause: expect.any(Error) });
    expect(counted).toContain('GET <error>');
  });
});

describe('time limits', () => {
  it('end a call that is never answered', async () => {
    proxy.behave(() => ({ kind: 'hang' }));
    expect(await thrown(list())).toMatchObject({ code: 'DKV_KUBE_TIMEOUT' });
  });

  it('end a call whose answer stops halfway', async () => {
    proxy.behave(() => ({ kind: 'stall' }));
    expect(await thrown(list())).toMatchObject({ code: 'DKV_KUBE_TIMEOUT' });
  });

  it('leave the reason of a caller who gave up', async () => {
    proxy.behave(() => ({ kind: 'hang' }));
    const given = new Error('shutting down');
    const stopping = new AbortController();
    const call = connected.client.get(CONFIG_MAP, 'default', 'any', stopping.signal);
    await until('the request is there', () => proxy.requests.at(-1)?.path.endsWith('/any'));
    stopping.abort(given);
    expect(await thrown(call)).toBe(given);
  });
});

describe('Retry-After', () => {
  it('is waited for by a call that changes nothing', async () => {
    let refusals = 2;
    proxy.behave(() => {
      refusals -= 1;
      if (refusals < 0) return { kind: 'pass' };
      const statusCode = refusals === 1 ? 429 : 503;
      return { kind: 'answer', statusCode, headers: { 'retry-after': '0' } };
    });
    await list();
    expect(counted).toEqual(['GET 429', 'GET 503', 'GET 200']);
  });

  it('is waited for a few times only', async () => {
    const headers = { 'retry-after': '0' };
    proxy.behave(() => ({ kind: 'answer', statusCode: 429, headers }));
    expect(await thrown(list())).toMatchObject({ statusCode: 429, retryAfterSeconds: 0 });
    expect(counted).toEqual(['GET 429', 'GET 429', 'GET 429']);
  });

  it('is left to the caller by a write', async () => {
    const headers = { 'retry-after': '0' };
    proxy.behave(() => ({ kind: 'answer', statusCode: 429, headers }));
    const object = { metadata: { namespace: 'default', name: 'any' } };
    expect(await thrown(connected.client.create(CONFIG_MAP, object))).toMatchObject({
      statusCode: 429,
    });
    expect(counted).toEqual(['POST 429']);
  });
});

describe('a token that the API server no longer knows', () => {
  const SERVICE_ACCOUNT = { ...CONFIG_MAP, plural: 'serviceaccounts', kind: 'ServiceAccount' };
  const SECRET = { ...CONFIG_MAP, plural: 'secrets', kind: 'Secret' };
  const ROLE_BINDING: ResourceType = {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  };

  /** A service account that may do everything; `issue` gives tokens that end with a Secret. */
  async function account(direct: KubeClient) {
    const name = `account-${randomUUID().slice(0, 8)}`;
    await direct.create(SERVICE_ACCOUNT, { metadata: { namespace: 'default', name } });
    const binding: KubeObject = {
      metadata: { name },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'cluster-admin',
      },
      subjects: [{ kind: 'ServiceAccount', namespace: 'default', name }],
    };
    await direct.create(ROLE_BINDING, binding);
    return async (secretName: string) => {
      const secret = { metadata: { namespace: 'default', name: secretName } };
      const { uid } = (await direct.create(SECRET, secret)).metadata;
      const answer = await fetchToken(name, { kind: 'Secret', name: secretName, uid });
      return {
        token: answer,
        revoke: () => direct.remove(SECRET, 'default', secretName, {}),
      };
    };
  }

  async function fetchToken(accountName: string, boundObjectRef: object): Promise<string> {
    const { transport, close } = await connect(controlPlane().kubeconfig);
    const path = `/api/v1/namespaces/default/serviceaccounts/${accountName}/token`;
    const spec = {
      expirationSeconds: 3600,
      boundObjectRef: { apiVersion: 'v1', ...boundObjectRef },
    };
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    const answer = await transport.call({ method: 'POST', path, body });
    await close();
    return (answer as { status: { token: string } }).status.token;
  }

  /** A kubeconfig whose token stands in a file beside it, as it does in a pod. */
  function withTokenFile(tokenFile: string): string {
    const config = JSON.parse(proxy.kubeconfig);
    config.users[0].user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
    return JSON.stringify(config);
  }

  it('is read again from its file, and the call is sent once more', async () => {
    const direct = await connect(controlPlane().kubeconfig);
    const tokenFile = `${direct.kubeconfigPath}.token`;
    const issue = await account(direct.client);
    const [first, second] = [await issue(randomUUID()), await issue(randomUUID())];
    writeFileSync(tokenFile, `${first.token}\n`);
    const inPod = await connect(withTokenFile(tokenFile));
    await until('the account may list', () => list(inPod.client));
    await first.revoke();
    const { serverUrl, caCertificate } = controlPlane();
    const observer = await connect(kubeconfigOf(serverUrl, caCertificate, first.token));
    await until('the API server forgets the first token', async () =>
      isUnauthorized(await list(observer.client).catch((error: unknown) => error)),
    );
    writeFileSync(`${tokenFile}.new`, second.token);
    renameSync(`${tokenFile}.new`, tokenFile);
    await list(inPod.client);
    const tokens = proxy.requests.slice(-2).map((request) => request.token);
    expect(tokens).toEqual([first.token, second.token]);
    const before = proxy.requests.length;
    await list(inPod.client);
    expect(proxy.requests.length).toBe(before + 1);
    await Promise.all([inPod.close(), direct.close(), observer.close()]);
  });
});
