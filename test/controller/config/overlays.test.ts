// Each folder of config/ that somebody may apply, rendered by kubectl's own kustomize and taken by
// a real API server; and what a real operator makes of the instances among them.
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  INGRESS,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import { kubectl, kubectlOutput } from '../../support/control-plane.ts';
import { type ApiObject, clientOf } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { useOperator } from '../operator/operator-suite.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDERS = globSync('{crds,config/**}/kustomization.yaml', { cwd: ROOT })
  .map(dirname)
  // parts of others, which mean nothing alone
  .filter((folder) => !/^config\/(manager|rbac)/.test(folder))
  .sort();

const suite = useOperator();
const NAMESPACES = ['dumbkv-system', 'dumbkv'];

beforeAll(async () => {
  const call = clientOf(suite.controlPlane());
  for (const name of NAMESPACES) await call('POST', '/api/v1/namespaces', { metadata: { name } });
});

const rendered = (folder: string): Promise<string> =>
  kubectlOutput(suite.controlPlane(), ['kustomize', join(ROOT, folder)]);

async function objectsOf(folder: string): Promise<ApiObject[]> {
  return parseAllDocuments(await rendered(folder)).map((document) => document.toJS());
}

describe('the folders of config', () => {
  it('are found', () => {
    const some = ['crds', 'config/default', 'config/namespaced', 'config/overlays/production'];
    expect(FOLDERS).toEqual(expect.arrayContaining(some));
  });

  it.each(FOLDERS)('%s is taken by the API server', async (folder) => {
    const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];
    const answer = await kubectl(suite.controlPlane(), args, await rendered(folder));
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout).toContain('serverside-applied (server dry run)');
  });

  it('would not be taken with a mistake in them', async () => {
    const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];
    const wrong = (await rendered('config/overlays/production')).replace('maxSurge', 'maxSurges');
    const answer = await kubectl(suite.controlPlane(), args, wrong);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain('maxSurges');
  });
});

describe('the operator for production', () => {
  const find = async (kind: string) =>
    (await objectsOf('config/overlays/production')).find((object) => object.kind === kind);

  it('has three pods on three nodes, two of which are always left', async () => {
    const { spec } = (await find('Deployment')) ?? {};
    expect(spec.replicas).toBe(3);
    const { metadata, spec: pod } = spec.template;
    const [term] = pod.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    expect(term.topologyKey).toBe('kubernetes.io/hostname');
    expect(metadata.labels).toMatchObject(term.labelSelector.matchLabels);
    const budget = await find('PodDisruptionBudget');
    expect(budget?.spec.maxUnavailable).toBe(1);
    expect(metadata.labels).toMatchObject(budget?.spec.selector.matchLabels);
    // what the strategic merge could have lost
    const [operator] = pod.containers;
    expect(operator.securityContext.readOnlyRootFilesystem).toBe(true);
    expect(operator.readinessProbe.httpGet.path).toBe('/readyz');
    const env = Object.fromEntries(operator.env.map((one: ApiObject) => [one.name, one]));
    expect(env.WATCH_NAMESPACES.valueFrom.fieldRef.fieldPath).toBe('metadata.namespace');
    expect(env.SERVER_IMAGE.value).toMatch(/dumbkv-server/);
  });

  it('has rights in its own namespace only', async () => {
    const objects = await objectsOf('config/overlays/production');
    expect(objects.map(({ kind }) => kind).filter((kind) => /^Cluster/.test(kind))).toEqual([]);
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['dumbkv']));
    const bindings = objects.filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings).toHaveLength(2);
    for (const { subjects } of bindings) expect(subjects[0].namespace).toBe('dumbkv');
  });
});

describe('the instances of the overlays', () => {
  /** Makes the instance of an overlay, in a namespace of its own. */
  async function instanceOf(folder: string): Promise<Place> {
    const place = await suite.place();
    const dumbkv = (await objectsOf(folder)).find(({ kind }) => kind === DUMBKV.kind);
    await place.make(DUMBKV, { ...dumbkv, metadata: { name: dumbkv?.metadata.name } });
    return place;
  }

  it('are open, at their host, with a certificate', async () => {
    const place = await instanceOf('config/overlays/sqlite');
    const { spec } = await until('there is a Deployment', () => place.find(DEPLOYMENT, 'dumbkv'));
    const [server] = spec.template.spec.containers;
    expect(server.env.map(({ name }: ApiObject) => name)).not.toContain('TOKENS_FILE');
    const ingress = await until('there is an Ingress', () => place.find(INGRESS, 'dumbkv'));
    expect(ingress.spec.rules[0].host).toBe('dumbkv.example.com');
    expect(ingress.spec.tls[0].hosts).toEqual(['dumbkv.example.com']);
    expect(ingress.metadata.annotations['cert-manager.io/cluster-issuer']).toBe('letsencrypt');
  });

  it('keep their file in the directory of the original, on efs', async () => {
    const place = await instanceOf('config/overlays/sqlite');
    const { spec } = await until('there is a Deployment', () => place.find(DEPLOYMENT, 'dumbkv'));
    const [server] = spec.template.spec.containers;
    const data = server.volumeMounts.find(({ name }: ApiObject) => name === 'data');
    expect(data.mountPath).toBe('/data/dumbkvstore');
    expect((await place.get(CLAIM, 'dumbkv-data')).spec.storageClassName).toBe('efs');
  });

  it('have a Postgres instead, on no network file system, and two pods that share it', async () => {
    const place = await instanceOf('config/overlays/postgres');
    const find = () => place.find(STATEFUL_SET, 'dumbkv-postgres');
    await until('there is a StatefulSet', find);
    // the default class is the cluster's to say, and this one has none
    expect((await place.get(CLAIM, 'dumbkv-data')).spec).not.toHaveProperty('storageClassName');
    const server = await until('there is a Deployment', () => place.find(DEPLOYMENT, 'dumbkv'));
    expect(server.spec.replicas).toBe(2);
    const [{ env }] = server.spec.template.spec.containers;
    expect(env).toContainEqual({ name: 'DATABASE_TYPE', value: 'postgres' });
  });
});
