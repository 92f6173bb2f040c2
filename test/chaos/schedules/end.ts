// Whether a world at rest is as it is asked, and as it would be had nothing ever gone wrong: its
// children are compared with those of an instance that was made in peace. schedule.ts asks.

import type { Condition, DumbKV } from '../../../crds/schema.ts';
import {
  CLAIM,
  DUMBKV,
  ENDPOINT_SLICE,
  HTTP_ROUTE,
  POD,
  SECRET,
} from '../../../operator/api/resources.ts';
import { STORE_MADE_FIELD } from '../../../operator/builders/secret.ts';
import type { KubeObject } from '../../../operator/kube/resource.ts';
import { INSTANCE_KINDS } from '../../support/cluster-actors.ts';
import { Chance } from '../chance.ts';
import type { ModelApi } from './model-api.ts';
import { ModelWorld, turn } from './model-world.ts';
import { NAME, NAMESPACE } from './users.ts';

const KINDS = [...INSTANCE_KINDS, HTTP_ROUTE].filter(
  (type) => ![DUMBKV, ENDPOINT_SLICE, POD].includes(type),
);
const AT = { namespace: NAMESPACE, name: NAME };

/** What is not as it should be, in sentences. */
export async function problemsIn({ api }: ModelWorld): Promise<string[]> {
  const dumbkv = api.get(DUMBKV, AT) as DumbKV | undefined;
  if (dumbkv === undefined) return leftoversIn(api);
  const [found, wanted] = [shapeOf(api), await referenceFor(dumbkv)];
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  const differences = names.flatMap((name) => difference(name, found[name], wanted[name]));
  return [...conditionProblems(dumbkv), ...differences];
}

function difference(name: string, found = '', wanted = ''): string[] {
  // who asks for no token any more keeps the one that there was
  const isOldToken = name.endsWith('-token') && wanted === '';
  if (found === wanted || isOldToken) return [];
  const same = [...found].findIndex((character, index) => character !== wanted[index]);
  const from = Math.max(0, (same < 0 ? found.length : same) - 40);
  const shown = [found, wanted].map((text) => text.slice(from, from + 160) || 'nothing');
  return [`${name}: there is ${shown[0]}, and there should be ${shown[1]}`];
}

/** Of an instance that is gone its data may be left, with its key; nothing else. */
function leftoversIn(api: ModelApi): string[] {
  const left = KINDS.flatMap((type) => api.list(type));
  const isData = ({ kind, metadata }: KubeObject) =>
    (kind === CLAIM.kind || (kind === SECRET.kind && metadata.name === `${NAME}-sealing`)) &&
    metadata.ownerReferences === undefined;
  const titles = left.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const isKeyLost = titles.includes(`${CLAIM.kind} ${NAME}-data`) && titles.length < 2;
  const others = left.filter((object) => !isData(object) && !isEmptied(object));
  return [
    ...others.map(({ kind, metadata }) => `${kind} ${metadata.name} is left`),
    ...(isKeyLost ? ['data is left without its key'] : []),
  ];
}

const isEmptied = ({ metadata }: KubeObject) =>
  metadata.ownerReferences !== undefined && metadata.ownerReferences.length === 0;

function conditionProblems({ metadata, spec, status }: DumbKV): string[] {
  const reason = spec.suspended ? 'Suspended' : spec.replicas === 0 ? 'NoReplicas' : 'Available';
  const shown = (status?.conditions ?? []).map(({ type, reason: why }) => `${type}=${why}`);
  const isTold = shown.includes(`Ready=${reason}`);
  const isOld = status?.observedGeneration !== metadata.generation;
  const isStuck = shown.some((one) => /^(Stalled|Reconciling)=/.test(one));
  return isTold && !isOld && !isStuck
    ? []
    : [`the status of generation ${status?.observedGeneration} is ${shown.join(', ')}`];
}

const references = new Map<string, Promise<Record<string, string>>>();

/** The children of an instance with this spec that was made in peace. */
function referenceFor({ spec, metadata }: DumbKV): Promise<Record<string, string>> {
  const { annotations = {} } = metadata;
  const key = JSON.stringify([spec, annotations]);
  const known = references.get(key) ?? makeReference(spec, annotations);
  references.set(key, known);
  return known;
}

async function makeReference(
  spec: DumbKV['spec'],
  annotations: Record<string, string>,
): Promise<Record<string, string>> {
  const world = new ModelWorld(new Chance(1));
  world.client.calmDown();
  world.api.create(DUMBKV, { metadata: { ...AT, annotations }, spec }, 'others');
  do {
    for (let times = 0; times < 3; times += 1) {
      await turn();
      for (const stream of world.client.streams) stream.show();
    }
  } while (await world.act());
  await world.pass(2);
  await world.operator.kill();
  return shapeOf(world.api);
}

/** What was asked of each child, as text, without what differs by chance or by history. */
function shapeOf(api: ModelApi): Record<string, string> {
  const children = KINDS.flatMap((type) => api.list(type));
  const conditions = (api.get(DUMBKV, AT) as DumbKV | undefined)?.status?.conditions ?? [];
  return Object.fromEntries([
    ...children.map((child) => [`${child.kind} ${child.metadata.name}`, textOf(child)]),
    ...conditions.map(({ type, status, reason }: Condition) => [type, `${status} ${reason}`]),
  ]);
}

function textOf({ kind, metadata, spec, data }: KubeObject): string {
  const { labels, ownerReferences = [] } = metadata;
  const owners = ownerReferences.map((owner) => `${owner.kind} ${owner.name}`);
  // a Secret keeps the labels that were asked for once, since it is patched and not applied
  const own = Object.entries(labels ?? {}).filter(
    ([name]) => kind !== SECRET.kind || name !== 'team',
  );
  const asked = kind === CLAIM.kind ? { ...(spec as object), resources: undefined } : spec;
  // one that was suspended before a pod of it was ready has no mark yet
  const fields = Object.keys((data as object | undefined) ?? {}).filter(
    (name) => name !== STORE_MADE_FIELD,
  );
  return JSON.stringify(sorted({ labels: Object.fromEntries(own), owners, asked, fields }))
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '(uuid)')
    .replaceAll(/\b[0-9a-f]{16,64}\b/g, '(hash)');
}

/** With the fields of every map in the order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]));
}
