// A real etcd and kube-apiserver on loopback for a test; no controller changes what it writes.
// Tests get it from `control-plane-suite.ts`, or start one here to stop, freeze or restart it.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { accessTo, untilReady } from './control-plane-access.ts';
import {
  apiServerArguments,
  type ControlPlaneOptions,
  etcdArguments,
  type Layout,
  prepareLayout,
} from './control-plane-layout.ts';
import { endService, type Service, startService } from './control-plane-process.ts';

import { until } from './until.ts';

export { kubeconfigOf } from './control-plane-access.ts';
export { kubectl, kubectlOutput } from './control-plane-kubectl.ts';
export type { ControlPlaneOptions };

const START_ATTEMPTS = 3;

export interface ControlPlane {
  readonly serverUrl: string;
  /** The certificates that vouch for the server, as PEM. */
  readonly caCertificate: string;
  /** A token of the group `system:masters`. */
  readonly adminToken: string;
  readonly kubeconfig: string;
  readonly kubeconfigPath: string;
  /** etcd's client port on 127.0.0.1. */
  readonly etcdPort: number;
  readonly auditLogPath: string;
  /** The token of one of `options.users`; throws for another name. */
  tokenFor(userName: string): string;
  /** Ends the API server and leaves etcd running. */
  stopApiServer(): Promise<void>;
  /** Starts the API server again, at the same address with the same certificate. */
  startApiServer(): Promise<void>;
  /** Stops the API server's clock: connections stay open, nothing is answered. */
  /** Resolves when all of its threads stand still: on a busy machine that takes a moment. */
  freezeApiServer(): Promise<void>;
  thawApiServer(): void;
  /** Ends both processes and removes their files. */
  stop(): Promise<void>;
}

/** Starts a control plane; resolves when its API server is ready and has namespace `default`. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      // another process can take a port between our finding it free and the component's using it
      if (attempt === START_ATTEMPTS || !String(error).includes('address already in use')) {
        throw error;
      }
    }
  }
}

async function startOnce(options: ControlPlaneOptions): Promise<ControlPlane> {
  const layout = await prepareLayout(options);
  const etcd = startService('etcd', etcdArguments(layout), join(layout.directory, 'etcd.log'));
  let apiServer = launchApiServer(layout);
  const stop = async () => {
    await Promise.all([endService(apiServer), endService(etcd)]);
    rmSync(layout.directory, { recursive: true, force: true });
  };
  try {
    await untilReady(layout, [etcd, apiServer]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...accessTo(layout),
    stopApiServer: () => endService(apiServer),
    startApiServer: async () => {
      apiServer = launchApiServer(layout);
      await untilReady(layout, [etcd, apiServer]);
    },
    freezeApiServer: async () => {
      apiServer.child.kill('SIGSTOP');
      await until('the API server stands still', () => standsStill(apiServer.child.pid ?? 0));
    },
    thawApiServer: () => void apiServer.child.kill('SIGCONT'),
    stop,
  };
}

const standsStill = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')),
  );

function launchApiServer(layout: Layout): Service {
  const logPath = join(layout.directory, 'kube-apiserver.log');
  return startService('kube-apiserver', apiServerArguments(layout), logPath);
}
