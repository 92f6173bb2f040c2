// The Helm chart, rendered by helm itself: the same objects as kustomize makes from the same files,
// changed by values and by nothing else; and installed on a real API server and taken away again.
import { globSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { kubectl, kubectlOutput } from '../../support/control-plane.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { useDirectory } from '../../support/plugin-run.ts';
import { runTool, type ToolResult } from '../../support/tools.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CHART = join(ROOT, 'config/helm/dumbkv-operator');
const RELEASE = 'dumbkv';
const KEEP = 'helm.sh/resource-policy';
/** Leaves out what a cluster has once, whoever looks after its namespaces. */
const NOTHING_SHARED = { 'crds.install': false, 'protection.install': false };
const CRD = 'dumbkvs.dumbkv.dev';

const controlPlane = useControlPlane({ crd: false });
const directory = useDirectory();

/** Runs helm with files of its own only. */
function helm(...args: string[]): ToolResult {
  const homes = ['CACHE', 'CONFIG', 'DATA'].map((name) => [`HELM_${name}_HOME`, directory()]);
  return runTool('helm', args, Object.fromEntries(homes));
}

const valueArguments = (values: object): string[] =>
  Object.entries(values).map(([name, value]) => `--set-json=${name}=${JSON.stringify(value)}`);

/** The objects that a chart renders. */
function rendered(values: object, namespace: string, chart = CHART): ApiObject[] {
  const options = ['--namespace', namespace, ...valueArguments(values)];
  const { code, stdout, stderr } = helm('template', RELEASE, chart, ...options);
  expect(code, stderr).toBe(0);
  return objectsIn(stdout);
}

const objectsIn = (text: string): ApiObject[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as ApiObject | null)
    .filter((object) => object !== null);

async function kustomized(folder: string): Promise<ApiObject[]> {
  return objectsIn(await kubectlOutput(controlPlane(), ['kustomize', join(ROOT, folder)]));
}

const nameOf = ({ kind, metadata }: ApiObject): string =>
  `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;

const operatorOf = (objects: readonly ApiObject[]): ApiObject => {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  return deployment?.spec.template.spec.containers[0];
};

const settingsOf = (objects: readonly ApiObject[]): Record<string, string | undefined> =>
  Object.fromEntries(operatorOf(objects).env.map(({ name, value }: ApiObject) => [name, value]));

/** Objects by their names, with what may differ in form alone made equal. */
function comparable(objects: readonly ApiObject[]): Record<string, ApiObject> {
  const copies = structuredClone(objects).filter(({ kind }) => kind !== 'Namespace');
  for (const { kind, metadata } of copies) {
    // kubectl's kustomize does not know that these have none
    if (/^ValidatingAdmission/.test(kind)) delete metadata.namespace;
    const { [KEEP]: _kept, ...annotations } = metadata.annotations ?? {};
    metadata.annotations = annotations;
  }
  const operator = operatorOf(copies);
  operator.env.sort((one: ApiObject, other: ApiObject) => one.name.localeCompare(other.name));
  for (const variable of operator.env) {
    // kustomize asks the pod for its namespace, helm knows it
    if (variable.name !== 'WATCH_NAMESPACES' || variable.valueFrom === undefined) continue;
    delete variable.valueFrom;
    variable.value = 'dumbkv';
  }
  return Object.fromEntries(copies.map((object) => [nameOf(object), object]));
}

describe('the chart renders what kustomize does', () => {
  it('for all namespaces', async () => {
    const chart = comparable(rendered({}, 'dumbkv-system'));
    expect(chart).toEqual(comparable(await kustomized('config/default')));
    expect(Object.keys(chart)).toContain(`CustomResourceDefinition//${CRD}`);
  });

  it('for one namespace', async () => {
    const values = { watchNamespaces: ['dumbkv'], ...NOTHING_SHARED };
    const chart = comparable(rendered(values, 'dumbkv'));
    expect(chart).toEqual(comparable(await kustomized('config/namespaced')));
    expect(Object.keys(chart).filter((name) => name.startsWith('Cluster'))).toEqual([]);
  });

  it('for production', async () => {
    const production = await kustomized('config/overlays/production');
    const { resources } = operatorOf(production);
    const values = { watchNamespaces: ['dumbkv'], ...NOTHING_SHARED, replicas: 3, resources };
    expect(comparable(rendered(values, 'dumbkv'))).toEqual(comparable(production));
  });

  it('from the very same files', () => {
    const files = globSync('kustomize/*', { cwd: CHART });
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) expect(lstatSync(join(CHART, file)).isSymbolicLink()).toBe(true);
  });

  it('also from a package, which holds what the links lead to', async () => {
    const { code, stderr } = helm('package', CHART, '--destination', directory());
    expect(code, stderr).toBe(0);
    const [archive = ''] = globSync('dumbkv-operator-*.tgz', { cwd: directory() });
    const path = join(directory(), archive);
    expect(rendered({}, 'shop', path)).toEqual(rendered({}, 'shop'));
    expect(helm('template', RELEASE, path).stderr).toBe('');
  });
});

describe('a value', () => {
  it('names the images, and what images a spec may name', () => {
    const settings = settingsOf(
      rendered(
        {
          images: { operator: 'r.example.com/op:2', server: 'r/s:2', postgres: 'r/p:17' },
          imagePrefixes: ['r.example.com/a', 'r.example.com/b'],
          logLevel: 'debug',
        },
        'x',
      ),
    );
    expect(settings).toMatchObject({
      ...{ SERVER_IMAGE: 'r/s:2', POSTGRES_IMAGE: 'r/p:17', LOG_LEVEL: 'debug' },
      IMAGE_PREFIXES: 'r.example.com/a,r.example.com/b',
    });
    const image = operatorOf(rendered({ 'images.operator': 'r.example.com/op:2' }, 'x')).image;
    expect(image).toBe('r.example.com/op:2');
  });

  it('sets what has no value of its own, in place of what is there', () => {
    const settings = { METRICS_PORT: '9090', SOME_NAMESPACES: 'a,b' };
    expect(settingsOf(rendered({ settings }, 'x'))).toMatchObject(settings);
    const names = operatorOf(rendered({ settings }, 'x')).env.map(({ name }: ApiObject) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('gives a Role in each namespace, to the account of the release', () => {
    const objects = rendered({ watchNamespaces: ['shop', 'carts'] }, 'operators');
    const roles = objects.filter(({ kind }) => /^Role/.test(kind)).map(nameOf);
    expect(roles.sort()).toEqual([
      'Role/carts/dumbkv-operator',
      'Role/operators/dumbkv-operator-leader-election',
      'Role/shop/dumbkv-operator',
      'RoleBinding/carts/dumbkv-operator',
      'RoleBinding/operators/dumbkv-operator-leader-election',
      'RoleBinding/shop/dumbkv-operator',
    ]);
    for (const { subjects } of objects.filter(({ kind }) => kind === 'RoleBinding')) {
      expect(subjects[0].namespace).toBe('operators');
    }
    expect(settingsOf(objects).WATCH_NAMESPACES).toBe('shop,carts');
  });

  it('adds labels to everything and takes none of ours', () => {
    const labels = { team: 'platform', 'app.kubernetes.io/name': 'mine' };
    const objects = rendered({ labels }, 'x');
    for (const { metadata } of objects) expect(metadata.labels.team).toBe('platform');
    const { spec } = objects.find(({ kind }) => kind === 'Deployment') ?? {};
    expect(spec.template.metadata.labels).toMatchObject({
      ...{ team: 'platform', 'app.kubernetes.io/name': 'dumbkv-operator' },
    });
    expect(spec.selector.matchLabels).toEqual({ 'app.kubernetes.io/name': 'dumbkv-operator' });
  });

  it('lets the kind stay or go, or leaves it to others', () => {
    const kinds = (values: object) =>
      rendered(values, 'x').filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(kinds({})[0]?.metadata.annotations).toMatchObject({ [KEEP]: 'keep' });
    expect(kinds({ 'crds.keep': false })[0]?.metadata.annotations ?? {}).toEqual({});
    expect(kinds({ 'crds.install': false })).toEqual([]);
  });

  it('names Secrets for pulling images', () => {
    const imagePullSecrets = [{ name: 'registry' }];
    const objects = rendered({ imagePullSecrets }, 'x');
    const { spec } = objects.find(({ kind }) => kind === 'Deployment') ?? {};
    expect(spec.template.spec.imagePullSecrets).toEqual(imagePullSecrets);
  });

  it.each([
    [{ replica: 2 }, 'replica'],
    [{ replicas: 'two' }, 'replicas'],
    [{ 'images.sever': 'x' }, 'sever'],
    [{ watchNamespaces: 'shop' }, 'watchNamespaces'],
    [{ watchNamespaces: ['Shop'] }, 'watchNamespaces'],
    [{ logLevel: 'loud' }, 'logLevel'],
    [{ 'settings.lower': 'x' }, 'lower'],
  ])('that makes no sense is refused: %j', (values, name) => {
    const { code, stderr } = helm('template', RELEASE, CHART, ...valueArguments(values));
    expect(code).toBe(1);
    expect(stderr).toContain(name);
  });
});

describe('the chart', () => {
  it('has the version of the release, and nothing that helm would complain of', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'));
    expect(chart).toMatchObject({ version, appVersion: version });
    expect(helm('lint', CHART, '--strict')).toMatchObject({ code: 0 });
  });

  it('is installed, and leaves the kind and its instances when it is uninstalled', async () => {
    const run = (...args: string[]) => kubectl(controlPlane(), args);
    const access = ['--namespace', 'dumbkv-system'];
    const inCluster = (...args: string[]) => {
      const place = ['--kubeconfig', controlPlane().kubeconfigPath, ...access];
      expect(helm(...args, ...place)).toMatchObject({ code: 0 });
    };
    inCluster('install', RELEASE, CHART, '--create-namespace', ...valueArguments({ replicas: 2 }));
    await kubectlOutput(controlPlane(), ['wait', `crd/${CRD}`, '--for=condition=Established']);
    expect((await run('get', 'deploy,pdb,sa,svc', ...access)).stdout).toContain('dumbkv-operator');
    await kubectlOutput(controlPlane(), ['apply', '-f', join(ROOT, 'config/samples/dumbkv.yaml')]);

    inCluster('upgrade', RELEASE, CHART, ...valueArguments({ logLevel: 'warn' }));
    const warned = await run('get', 'deployment', 'dumbkv-operator', ...access, '-o', 'yaml');
    expect(warned.stdout).toContain('name: LOG_LEVEL');
    expect((await run('get', 'pdb', ...access)).stderr).toContain('No resources found');

    inCluster('uninstall', RELEASE);
    expect((await run('get', 'deployment', ...access)).stderr).toContain('No resources found');
    expect((await run('get', 'clusterrole', 'dumbkv-operator')).code).toBe(1);
    expect((await run('get', 'dumbkv', 'hello')).code).toBe(0);
    const policies = await run('get', 'validatingadmissionpolicies', '-o', 'name');
    expect(policies.stdout).toContain('dumbkv-deletion-protection');
    inCluster('install', RELEASE, CHART);
    expect((await run('get', 'deployment', ...access)).stdout).toContain('dumbkv-operator');
  });
});
