// The operator's own client over a kubeconfig, for tests: with its connections and its file gone
// at the end. Tests of client, watch and lease reach a real API server with it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient } from '../../../operator/kube/create-client.ts';
import { loadCredentials } from '../../../operator/kube/credentials.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import { createTransport, type TransportOptions } from '../../../operator/kube/transport.ts';

/** The kind that these tests write. */
export const CONFIG_MAP: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

/** A client over a kubeconfig, written to a file; `close` ends connections and removes the file. */
export async function connect(
  kubeconfig: string,
  options: Omit<TransportOptions, 'credentials'> = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'dumbkv-kubeconfig-'));
  const kubeconfigPath = join(directory, 'kubeconfig');
  writeFileSync(kubeconfigPath, kubeconfig, { mode: 0o600 });
  const credentials = await loadCredentials({ kubeconfigPath });
  const transport = createTransport({ ...options, credentials });
  return {
    client: createKubeClient(transport),
    transport,
    credentials,
    kubeconfigPath,
    close: async () => {
      await transport.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
