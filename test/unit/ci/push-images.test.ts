// The script that pushes the images, with a script in the place of docker that notes its arguments:
// there is no registry to push to.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useDirectory } from '../../support/plugin-run.ts';

const ROOT = join(import.meta.dirname, '../../..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const directory = useDirectory();
const notes = () => join(directory(), 'notes');

/** Runs the script with a docker that writes this into the file for its metadata. */
function push(environment: Record<string, string>, metadata: object) {
  const docker = join(directory(), 'docker');
  const answer = `echo '${JSON.stringify(metadata, null, 2)}' > "$2"`;
  const loop = `while [ $# -gt 0 ]; do [ "$1" != --metadata-file ] || ${answer}; shift; done`;
  writeFileSync(docker, `#!/bin/bash\necho "$*" >> ${notes()}\n${loop}\n`);
  chmodSync(docker, 0o755);
  const env = { PATH: `${directory()}:${process.env.PATH}`, ...environment };
  return spawnSync(join(ROOT, '.ci/push-images'), { encoding: 'utf8', env });
}

describe('push-images', () => {
  it('builds both with SBOM and provenance, and tells their digests', () => {
    const environment = { REGISTRY: 'ghcr.io/Owner', VERSION: `v${version}` };
    const { status, stdout } = push(environment, { 'containerimage.digest': DIGEST });
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      'server=ghcr.io/owner/dumbkv-server',
      `server-digest=${DIGEST}`,
      'operator=ghcr.io/owner/dumbkv-operator',
      `operator-digest=${DIGEST}`,
    ]);
    const calls = readFileSync(notes(), 'utf8').trim().split('\n');
    expect(calls).toHaveLength(2);
    for (const call of calls) expect(call).toMatch(/--push --sbom=true --provenance=mode=max/);
    expect(calls[0]).toContain(`--tag ghcr.io/owner/dumbkv-server:${version} `);
    expect(calls[1]).toContain('--file Dockerfile.operator .');
  });

  it.each([
    [{}, 'REGISTRY is not set'],
    [{ REGISTRY: 'ghcr.io/owner' }, 'VERSION is not set'],
    [{ REGISTRY: 'ghcr.io/owner', VERSION: 'v99.0.0' }, 'but package.json says'],
  ])('refuses %j', (environment, sentence) => {
    const { status, stderr, stdout } = push(environment as Record<string, string>, {});
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(sentence);
  });

  it('fails when docker tells no digest, so that nothing else is attested', () => {
    const { status, stderr } = push({ REGISTRY: 'ghcr.io/owner', VERSION: version }, {});
    expect(status).toBe(1);
    expect(stderr).toContain('docker told no digest of ghcr.io/owner/dumbkv-server');
    expect(existsSync(notes())).toBe(true);
  });
});
