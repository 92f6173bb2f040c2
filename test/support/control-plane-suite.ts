// A control plane for a test file: started before its first test, ended after its last.
// The tests talk to it through kubectl, `control-plane-client.ts` or the operator's client.
import { afterAll, beforeAll } from 'vitest';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  kubectlOutput,
  startControlPlane,
} from './control-plane.ts';

const CRD_PATH = new URL('../../crds/dumbkv.dev_dumbkvs.yaml', import.meta.url).pathname;

/** Installs the DumbKV CRD; resolves when the API server serves the kind. */
export async function installCrd(controlPlane: ControlPlane): Promise<void> {
  await kubectlOutput(controlPlane, ['apply', '--server-side', '-f', CRD_PATH]);
  const crd = 'crd/dumbkvs.dumbkv.dev';
  await kubectlOutput(controlPlane, ['wait', crd, '--for=condition=Established', '--timeout=60s']);
}

/**
 * Gives the test file a control plane for its whole run, with the CRD unless `crd` is false.
 * Call it where hooks may be registered, and what it returns from within tests and hooks.
 */
export function useControlPlane(
  options: ControlPlaneOptions & { crd?: boolean } = {},
): () => ControlPlane {
  let controlPlane: ControlPlane | undefined;
  beforeAll(async () => {
    controlPlane = await startControlPlane(options);
    if (options.crd !== false) await installCrd(controlPlane);
  });
  afterAll(() => controlPlane?.stop());
  return () => {
    if (controlPlane) return controlPlane;
    throw new Error('the control plane is not there yet: ask for it from within a test or a hook');
  };
}
