// Hostile DumbKVs on a real API server, beside an operator that may do all that it has to: each is
// refused, kept from what it asks, or makes nothing but its own; and no object of others changes.
import { beforeAll, describe, expect, it } from 'vitest';
import { DUMBKV, HTTP_ROUTE } from '../../../operator/api/resources.ts';
import { resourcePath } from '../../../operator/kube/resource.ts';
import { objectsOf } from '../../support/cluster-actors.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { installRoutes } from '../../support/gateway-api.ts';
import type { Place } from '../../support/place.ts';
import { HOSTILE_DUMBKVS, HOSTILE_HOST, type Hostile, type Victims } from './hostile-dumbkvs.ts';
import { bringUp, useOperator } from './operator-suite.ts';

const suite = useOperator();
const ON_POSTGRES = { engine: 'postgres', replicas: 2 };
let place: Place;
let elsewhere: Place;
let victims: Omit<Victims, 'own'>;
let before: Map<string, string>;

beforeAll(async () => {
  await installRoutes(suite.controlPlane());
  [place, elsewhere] = [await suite.place(), await suite.place()];
  victims = { host: `${place.namespace}.example.com`, elsewhere: elsewhere.namespace };
  await bringUp(place, { ...ON_POSTGRES, ingress: { host: victims.host } });
  await bringUp(elsewhere, ON_POSTGRES);
  for (const one of [place, elsewhere]) await suite.settled(one);
  before = versionsOf(await everything());
});

const titleOf = ({ kind, metadata }: ApiObject): string =>
  `${kind} ${metadata.namespace}/${metadata.name}`;

async function everything(): Promise<ApiObject[]> {
  const lists = await Promise.all([place, elsewhere].map(objectsOf));
  return lists.flatMap((list) => [...list.values()].flat());
}

const versionsOf = (objects: readonly ApiObject[]): Map<string, string> =>
  new Map(objects.map((object) => [titleOf(object), object.metadata.resourceVersion]));

/** How all that belongs to an instance may be called. */
const namesOf = (instance: string): string[] =>
  ['', '-token', '-sealing', '-data', '-postgres'].map((ending) => `${instance}${ending}`);

/** A workload has the shape of the operator's own, whatever its DumbKV says. */
function expectHarmless({ spec: { selector, template } }: ApiObject, instance: string): void {
  const pod = template.spec;
  for (const labels of [selector.matchLabels, template.metadata.labels]) {
    expect(labels['app.kubernetes.io/instance']).toBe(instance);
  }
  expect(pod).toMatchObject({ serviceAccountName: instance, automountServiceAccountToken: false });
  const odd = /^(host|nodeName|initContainers|ephemeralContainers)/;
  expect(Object.keys(pod).filter((field) => odd.test(field))).toEqual([]);
  expect(pod.securityContext.runAsNonRoot).toBe(true);
  expect(pod.containers).toHaveLength(1);
  const [{ image, securityContext, env = [], envFrom, args }] = pod.containers;
  expect(image).toMatch(/^images\.example\/|postgres/);
  expect([envFrom, args]).toEqual([undefined, undefined]);
  expect(JSON.stringify(env)).not.toMatch(/valueFrom|\$\(|postgres:\/\//);
  expect(securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expectOwnVolumes(pod.volumes, instance);
}

function expectOwnVolumes(volumes: ApiObject[], instance: string): void {
  for (const { name, ...sources } of volumes) {
    const [[kind, source] = []] = Object.entries(sources) as [string, ApiObject][];
    expect(['secret', 'configMap', 'persistentVolumeClaim', 'emptyDir'], name).toContain(kind);
    const named = source?.secretName ?? source?.name ?? source?.claimName ?? instance;
    expect(namesOf(instance)).toContain(named);
  }
}

/** What has come with a hostile DumbKV is its own, and selects and leads to its own. */
function expectOwn(object: ApiObject, instance: string): void {
  const { kind, metadata, spec = {} } = object;
  expect(metadata.namespace).toBe(place.namespace);
  expect(namesOf(instance), titleOf(object)).toContain(metadata.name);
  if (kind === 'Deployment' || kind === 'StatefulSet') expectHarmless(object, instance);
  if (['Service', 'NetworkPolicy', 'PodDisruptionBudget'].includes(kind)) {
    const selector = spec.podSelector ?? spec.selector;
    const labels = selector.matchLabels ?? selector;
    expect(labels['app.kubernetes.io/instance']).toBe(instance);
  }
  if (kind === 'Ingress') {
    expect(spec.rules.map(({ host }: ApiObject) => host)).toEqual([HOSTILE_HOST]);
    expect(spec.rules[0].http.paths[0].backend.service.name).toBe(instance);
  }
  if (kind === HTTP_ROUTE.kind) {
    const [{ backendRefs }] = spec.rules;
    expect(backendRefs.map(({ name, namespace }: ApiObject) => [name, namespace])).toEqual([
      [instance, undefined],
    ]);
  }
}

function make({ metadata, spec, status }: Hostile, own: string) {
  const all = { ...victims, own };
  return place.call('POST', resourcePath(DUMBKV, place.namespace), {
    ...{ apiVersion: 'dumbkv.dev/v1alpha1', kind: 'DumbKV', metadata: { ...metadata, name: own } },
    ...{ spec: spec(all), ...(status && { status: status(all) }) },
  });
}

/** What is left of one counts as there before, for nobody collects garbage here. */
async function clearAway(name: string): Promise<void> {
  await place.remove(DUMBKV, name);
  await suite.settled(place);
  before = versionsOf(await everything());
}

const NUMBERED = HOSTILE_DUMBKVS.map((one, index) => ({ name: `hostile-${index}`, ...one }));

describe('a hostile DumbKV', () => {
  it('is one of many', () => expect(HOSTILE_DUMBKVS.length).toBeGreaterThanOrEqual(25));

  it.each(NUMBERED)('gains nothing by asking for $what', async (hostile) => {
    const { name, refused, stalled } = hostile;
    const { status, body } = await make(hostile, name);
    if (refused !== undefined) {
      expect([status, body.message]).toEqual([422, expect.stringContaining(refused)]);
      return;
    }
    expect(status, body.message).toBe(201);
    try {
      await suite.settled(place);
      expect((await place.conditions(name)).Stalled?.reason).toBe(stalled);
      const now = await everything();
      expect(versionsOf(now.filter((object) => before.has(titleOf(object))))).toEqual(before);
      const its = now.filter((object) => !before.has(titleOf(object)));
      expect(its.map(({ kind }) => kind)).toContain(DUMBKV.kind);
      for (const object of its) expectOwn(object, name);
    } finally {
      await clearAway(name);
    }
  });

  it('has its words for Postgres stand as words in its file', async () => {
    const words = HOSTILE_DUMBKVS.find(({ what }) => what.includes('ends its quotes')) as Hostile;
    expect((await make(words, 'wordy')).status).toBe(201);
    await suite.settled(place);
    const maps = (await objectsOf(place)).get('ConfigMap') ?? [];
    const [its, victim] = ['wordy-postgres', 'orders-postgres'].map(
      (name) => maps.find(({ metadata }) => metadata.name === name)?.data as Record<string, string>,
    );
    expect(its?.['start.sh']).toBe(victim?.['start.sh']);
    const lines = its?.['postgresql.conf']?.split('\n') ?? [];
    expect(lines).toContain("application_name = 'x''; archive_command = ''touch /tmp/x'");
    expect(lines).toContain("cluster_name = ''''");
    expect(lines.filter((line) => line.startsWith('archive_command'))).toEqual([]);
    await clearAway('wordy');
  });
});
