// kubectl finds the built plugin on the PATH, which calls kubectl again: the whole chain, as a user
// types it.
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../support/built-plugin.ts';
import { kubectlOutput } from '../../support/control-plane.ts';
import { commandOf } from '../../support/control-plane-process.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { script, useDirectory } from '../../support/plugin-run.ts';

const controlPlane = useControlPlane();
const directory = useDirectory();

beforeAll(async () => {
  // no flag may stand before the name of a plugin
  script(directory(), 'kubectl', `exec ${commandOf('kubectl').join(' ')} "$@"`);
  buildPlugin(directory());
  const sample = new URL('../../../config/samples/dumbkv.yaml', import.meta.url).pathname;
  await kubectlOutput(controlPlane(), ['apply', '-f', sample]);
});

/** Types a command line. */
function typed(line: string) {
  const node = process.execPath.replace(/\/node$/, '');
  const env = {
    PATH: `${directory()}:${node}:${process.env.PATH}`,
    HOME: directory(),
    KUBECONFIG: controlPlane().kubeconfigPath,
  };
  return spawnSync('bash', ['-c', line], { encoding: 'utf8', env });
}

describe('kubectl dumbkv', () => {
  it('is a plugin that kubectl knows', () => {
    expect(typed('kubectl plugin list').stdout).toContain('/kubectl-dumbkv');
    expect(typed('kubectl dumbkv help')).toMatchObject({ status: 0, stderr: '' });
  });

  it('works by the kubeconfig that kubectl has', () => {
    const { status, stdout, stderr } = typed('kubectl dumbkv suspend hello -n default');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('default/hello is suspended');
    const shown = typed('kubectl dumbkv status hello');
    expect(shown.status).toBe(3);
    expect(shown.stdout).toContain('The operator has not looked at this version of the spec yet');
  });

  it('may be cut short by the one who reads', () => {
    const { status, stderr } = typed('set -o pipefail; kubectl dumbkv status -A | head -n 1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
