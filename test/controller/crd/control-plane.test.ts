// The control plane of the tests: it is real, asks who calls, and can stop, stall and come back.
// Tests of the operator rely on each of these.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type ControlPlane,
  kubeconfigOf,
  kubectl,
  kubectlOutput,
  startControlPlane,
} from '../../support/control-plane.ts';
import { type Call, clientOf } from '../../support/control-plane-client.ts';
import { commandOf } from '../../support/control-plane-process.ts';

const POLL_MS = 50;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** Waits until `found` is true; the test's own time limit ends a wait in vain. */
async function until(found: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await found())) await sleep(POLL_MS);
}

describe('a control plane', () => {
  let controlPlane: ControlPlane;
  let call: Call;

  beforeAll(async () => {
    const users = [{ name: 'reader', groups: ['readers'] }, { name: 'nobody' }];
    controlPlane = await startControlPlane({ users, audit: true });
    call = clientOf(controlPlane);
  });
  afterAll(() => controlPlane.stop());

  it('keeps what is written and hands out versions', async () => {
    const made = await call('POST', CONFIG_MAPS, { metadata: { name: 'a' }, data: { b: 'c' } });
    expect(made.status).toBe(201);
    const { body } = await call('GET', `${CONFIG_MAPS}/a`);
    expect(body.data).toEqual({ b: 'c' });
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  it('has no controllers: a Deployment makes no ReplicaSet', async () => {
    await kubectlOutput(controlPlane, ['create', 'deployment', 'd', '--image=example.com/a']);
    const sets = await kubectlOutput(controlPlane, ['get', 'replicasets', '--output', 'name']);
    expect(sets).toBe('');
  });

  it('refuses who has no token, and forbids what nobody granted', async () => {
    expect((await clientOf(controlPlane, 'made-up')('GET', CONFIG_MAPS)).status).toBe(401);
    const reader = clientOf(controlPlane, controlPlane.tokenFor('reader'));
    expect((await reader('GET', CONFIG_MAPS)).status).toBe(403);
    const role = ['create', 'clusterrole', 'readers', '--verb=list', '--resource=configmaps'];
    await kubectlOutput(controlPlane, role);
    const grant = ['create', 'clusterrolebinding', 'readers', '--clusterrole=readers'];
    await kubectlOutput(controlPlane, [...grant, '--group=readers']);
    await until(async () => (await reader('GET', CONFIG_MAPS)).status === 200);
    expect((await reader('POST', CONFIG_MAPS, { metadata: { name: 'x' } })).status).toBe(403);
    const nobody = clientOf(controlPlane, controlPlane.tokenFor('nobody'));
    expect((await nobody('GET', CONFIG_MAPS)).status).toBe(403);
  });

  it('has tokens only for the users it was started with', () => {
    expect(() => controlPlane.tokenFor('stranger')).toThrow('no user stranger: name it in');
  });

  it('gives tokens to service accounts, good while the account is there', async () => {
    await kubectlOutput(controlPlane, ['create', 'serviceaccount', 'operator']);
    const token = await kubectlOutput(controlPlane, ['create', 'token', 'operator']);
    const account = clientOf(controlPlane, token.trim());
    expect((await account('GET', CONFIG_MAPS)).status).toBe(403);
    await kubectlOutput(controlPlane, ['delete', 'serviceaccount', 'operator']);
    await until(async () => (await account('GET', CONFIG_MAPS)).status === 401);
  });

  it('has a kubeconfig that stands alone, for any token', () => {
    const { serverUrl, caCertificate, kubeconfig } = controlPlane;
    expect(readFileSync(controlPlane.kubeconfigPath, 'utf8')).toBe(kubeconfig);
    const { clusters, users } = parse(kubeconfigOf(serverUrl, caCertificate, 'secret'));
    expect(clusters[0].cluster.server).toBe(serverUrl);
    const authority = clusters[0].cluster['certificate-authority-data'];
    expect(Buffer.from(authority, 'base64').toString()).toContain('BEGIN CERTIFICATE');
    expect(users).toEqual([{ name: 'test', user: { token: 'secret' } }]);
  });

  it('gives back what kubectl says, also when it fails, and feeds it', async () => {
    const failed = await kubectl(controlPlane, ['get', 'configmap', 'missing']);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('"missing" not found');
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fed' } };
    const fed = await kubectl(controlPlane, ['apply', '-f', '-'], JSON.stringify(manifest));
    expect(fed).toMatchObject({ code: 0, stdout: 'configmap/fed created\n' });
    const wrong = kubectlOutput(controlPlane, ['get', 'configmap', 'missing']);
    await expect(wrong).rejects.toThrow('kubectl get configmap missing ended with 1: Error from');
  });

  it('writes down who asked for what', async () => {
    await call('GET', `${CONFIG_MAPS}/watched-for`);
    const lines = () => readFileSync(controlPlane.auditLogPath, 'utf8').trim().split('\n');
    await until(() => lines().some((line) => line.includes('watched-for')));
    const line = lines().find((one) => one.includes('watched-for')) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      verb: 'get',
      user: { username: 'test-admin' },
      objectRef: { resource: 'configmaps', name: 'watched-for' },
      responseStatus: { code: 404 },
    });
  });

  it('stalls while it is frozen, and answers afterwards', async () => {
    await controlPlane.freezeApiServer();
    let answered = false;
    const answer = call('GET', CONFIG_MAPS).then(({ status }) => {
      answered = true;
      return status;
    });
    await sleep(10 * POLL_MS);
    expect(answered).toBe(false);
    controlPlane.thawApiServer();
    expect(await answer).toBe(200);
  });

  it('comes back after a stop at its address, with its objects and certificate', async () => {
    await call('POST', CONFIG_MAPS, { metadata: { name: 'kept' } });
    await controlPlane.stopApiServer();
    await expect(call('GET', CONFIG_MAPS)).rejects.toThrow();
    await controlPlane.startApiServer();
    expect((await call('GET', `${CONFIG_MAPS}/kept`)).status).toBe(200);
  });
});

describe('ending a control plane', () => {
  it('ends its processes and removes its files', async () => {
    const controlPlane = await startControlPlane();
    const directory = dirname(controlPlane.kubeconfigPath);
    const other = await startControlPlane();
    await controlPlane.stop();
    expect(existsSync(directory)).toBe(false);
    await expect(clientOf(controlPlane)('GET', '/readyz')).rejects.toThrow();
    expect((await clientOf(other)('GET', CONFIG_MAPS)).status).toBe(200);
    await other.stop();
    await other.stop();
  });

  it('leaves nothing behind when the API server cannot start, and says why', async () => {
    const start = startControlPlane({ apiServerArguments: ['--no-such-flag'] });
    await expect(start).rejects.toThrow(/kube-apiserver ended with 1:[\s\S]*no-such-flag/);
  });
});

describe('the programs', () => {
  it('are those of KUBEBUILDER_ASSETS where it is set', () => {
    const command = () => commandOf('etcd', { KUBEBUILDER_ASSETS: '/nowhere' });
    expect(command).toThrow('KUBEBUILDER_ASSETS has no etcd: put it there, or unset the variable');
  });

  it('are the compiled ones otherwise, and the error says how to compile them', () => {
    const command = () => commandOf('kube-apiserver', { XDG_CACHE_HOME: '/nowhere' });
    expect(command).toThrow('no kube-apiserver to test against: run `test/kind/cluster binaries`');
  });
});
