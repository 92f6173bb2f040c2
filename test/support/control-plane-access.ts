// What a client needs to reach a control plane, and the wait until it answers.
// `control-plane.ts` hands it to the tests.
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN, type Layout } from './control-plane-layout.ts';
import { assertRunning, type Service } from './control-plane-process.ts';

const START_LIMIT_MS = 90_000;
const POLL_INTERVAL_MS = 50;
const ANSWER_LIMIT_MS = 5_000;

/** What a client needs to talk to the API server; its certificate must have been made. */
export function accessTo(layout: Layout) {
  const { directory, apiPort, etcdPort, tokens } = layout;
  const serverUrl = `https://127.0.0.1:${apiPort}`;
  const caCertificate = readFileSync(certificatePath(layout), 'utf8');
  const tokenFor = (userName: string) => {
    const token = tokens.get(userName);
    if (token) return token;
    throw new Error(`no user ${userName}: name it in the options of startControlPlane`);
  };
  const adminToken = tokenFor(ADMIN);
  const kubeconfig = kubeconfigOf(serverUrl, caCertificate, adminToken);
  const kubeconfigPath = join(directory, 'kubeconfig');
  writeFileSync(kubeconfigPath, kubeconfig, { mode: 0o600 });
  const auditLogPath = join(directory, 'audit.log');
  return {
    ...{ serverUrl, caCertificate, adminToken, kubeconfig, kubeconfigPath },
    ...{ etcdPort, auditLogPath, tokenFor },
  };
}

/** A kubeconfig, as text, with one cluster and one user who has a token. */
export function kubeconfigOf(serverUrl: string, caCertificate: string, token: string): string {
  const cluster = {
    server: serverUrl,
    'certificate-authority-data': Buffer.from(caCertificate).toString('base64'),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}

const certificatePath = ({ directory }: Layout) => join(directory, 'certificates', 'apiserver.crt');

/** Resolves when the API server is ready and has the namespace `default`; throws if it never is. */
export async function untilReady(layout: Layout, services: Service[]): Promise<void> {
  const deadlineMs = Date.now() + START_LIMIT_MS;
  for (const path of ['/readyz', '/api/v1/namespaces/default']) {
    for (let answer = ''; answer !== '200'; await sleep(POLL_INTERVAL_MS)) {
      for (const service of services) assertRunning(service);
      answer = await statusOf(layout, path);
      if (Date.now() > deadlineMs) {
        throw new Error(`${path} of the API server answered ${answer} for ${START_LIMIT_MS} ms`);
      }
    }
  }
}

/** The status code that the API server answers with, or what kept it from answering. */
async function statusOf(layout: Layout, path: string): Promise<string> {
  try {
    const ca = readFileSync(certificatePath(layout));
    const headers = { authorization: `Bearer ${layout.tokens.get(ADMIN)}` };
    const options = { host: '127.0.0.1', port: layout.apiPort, path, ca, headers };
    return await new Promise((resolve, reject) => {
      const call = request({ ...options, agent: false, timeout: ANSWER_LIMIT_MS }, (answer) => {
        answer.resume();
        resolve(String(answer.statusCode));
      });
      call.once('timeout', () => call.destroy(new Error('no answer in time')));
      call.once('error', reject).end();
    });
  } catch (error) {
    return String(error);
  }
}
