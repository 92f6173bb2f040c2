// What the project shows to its users is taken by a real API server as it stands.
// These are the examples in README and docs, and the samples; test/documents runs commands.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kubectl } from '../../support/control-plane.ts';
import { clientOf } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { makeNamespace } from './object.ts';

const ROOT = join(import.meta.dirname, '../../..');
const contentOf = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const samples = globSync('config/samples/*.yaml', { cwd: ROOT });
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })];
const examples = pages
  .flatMap((page) => [...contentOf(page).matchAll(/```yaml\n(.*?)```/gs)])
  .map(([, manifest = '']) => manifest)
  .filter((manifest) => !manifest.includes('kind: Kustomization'));
const controlPlane = useControlPlane();

/** An example that shows the spec alone, as a whole object. */
const whole = (example: string): string =>
  example.startsWith('spec:') ? `${OBJECT}${example}` : example;
const OBJECT = 'apiVersion: dumbkv.dev/v1alpha1\nkind: DumbKV\nmetadata:\n  name: example\n';

beforeAll(() => makeNamespace(clientOf(controlPlane()), 'shop'));

const apply = (manifest: string) =>
  kubectl(controlPlane(), ['apply', '--dry-run=server', '-f', '-'], manifest);

describe('the documents', () => {
  it('have examples to try', () => {
    expect(samples).toContain('config/samples/dumbkv.yaml');
    expect(examples).not.toHaveLength(0);
  });

  it.each(samples)('are right: %s', async (name) => {
    expect(await apply(contentOf(name))).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(examples)('are right: %s', async (manifest) => {
    expect(await apply(whole(manifest))).toMatchObject({ code: 0, stderr: '' });
  });

  it('would not be taken with a mistake in them', async () => {
    const { code, stderr } = await apply(
      contentOf('config/samples/dumbkv-full.yaml').replace('size', 'siz'),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('unknown field "spec.storage.siz"');
  });
});
