// The same Deployment, PVC and Service as a user would apply them without an operator, made of
// those of an instance, and what they need beside them. Pure.
// Next: `kind.ts` applies them.
import type { KubeObject } from '../../../operator/kube/client.ts';

/** What the API server or a controller has put into a spec that has to be another in a copy. */
const GIVEN_FIELDS = ['clusterIP', 'clusterIPs', 'volumeName'];
/** The mark that the store was made: a server on an empty volume would refuse to start with it. */
const MADE_FIELD = 'store-made';

/** A copy of a live object under another instance's name, owned and managed by nobody. */
export function plainCopy(live: KubeObject, from: string, to: string): KubeObject {
  const { apiVersion, kind, metadata, spec, data, type } = live;
  const { name, labels } = metadata;
  const copy = {
    ...{ apiVersion, kind, metadata: { name, labels } },
    ...(spec === undefined ? {} : { spec: without(spec, GIVEN_FIELDS) }),
    ...(data === undefined ? {} : { type, data: without(data, [MADE_FIELD]) }),
  };
  const text = JSON.stringify(copy).replaceAll(from, to);
  return JSON.parse(text.replaceAll('"dumbkv-operator"', '"kubectl"'));
}

const without = (fields: unknown, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields as Record<string, unknown>).filter(([name]) => !names.includes(name)),
  );

/** Objects as one manifest. */
export const manifestOf = (items: readonly KubeObject[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
