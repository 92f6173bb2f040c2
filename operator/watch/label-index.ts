// Objects by namespace and the value of one label, so that the children of an instance are found
// without looking at all objects. The cache (cache.ts) keeps one up to date.
import type { KubeObject } from '../kube/resource.ts';

/** An index over one label; objects without the label are not in it. */
export class LabelIndex {
  readonly #label: string;
  readonly #groups = new Map<string, Map<string, KubeObject>>();
  readonly #groupOfKey = new Map<string, string>();

  constructor(label: string) {
    this.#label = label;
  }

  /** The objects in a namespace whose label has this value. */
  list(namespace: string | undefined, value: string): KubeObject[] {
    return [...(this.#groups.get(groupName(namespace, value))?.values() ?? [])];
  }

  /** Puts an object in the place that its label says, and out of its old one. */
  set(key: string, object: KubeObject): void {
    this.delete(key);
    const value = object.metadata.labels?.[this.#label];
    if (value === undefined) return;
    const name = groupName(object.metadata.namespace, value);
    const group = this.#groups.get(name) ?? new Map<string, KubeObject>();
    group.set(key, object);
    this.#groups.set(name, group);
    this.#groupOfKey.set(key, name);
  }

  /** Takes an object out. */
  delete(key: string): void {
    const name = this.#groupOfKey.get(key);
    if (name === undefined) return;
    this.#groupOfKey.delete(key);
    const group = this.#groups.get(name);
    group?.delete(key);
    if (group?.size === 0) this.#groups.delete(name);
  }
}

// A slash stands in neither a namespace nor a label's value.
function groupName(namespace: string | undefined, value: string): string {
  return `${namespace ?? ''}/${value}`;
}
