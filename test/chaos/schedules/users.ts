// What users and strangers do in a schedule: they change what is asked, delete and make anew, and
// lay hands on children. Everything that they ask is legal; schedule.ts has them act.
import {
  DEPLOYMENT,
  DUMBKV,
  INGRESS,
  NETWORK_POLICY,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import { INSTANCE_LABEL, MANAGED_BY_LABEL } from '../../../operator/builders/metadata.ts';
import { dumbkv } from '../../support/objects.ts';
import type { Chance } from '../chance.ts';
import type { ModelApi } from './model-api.ts';

export const NAME = 'orders';
export const NAMESPACE = 'shop';
/** What strangers make carries this label, so that it can be told whether it is left alone. */
export const STRANGER_LABEL = 'test/stranger';

const AT = { namespace: NAMESPACE, name: NAME };
const by = 'others';
const IMAGE = 'images.example/dumbkv-server';
const FORBIDDEN_IMAGE = 'evil.example.com/server:1';

type Spec = ReturnType<typeof dumbkv>['spec'];

/** A new instance's spec. */
export function firstSpec(chance: Chance): object {
  const engine = chance.pick(['sqlite', 'sqlite', 'postgres']);
  const deletionPolicy = chance.pick(['Retain', 'Delete']);
  const exposed = chance.happens(0.3) ? { ingress: { host: 'orders.example.com' } } : {};
  return { engine, deletionPolicy, ...exposed };
}

const SIZES = ['1Gi', '2Gi', '5Gi'];
const orNone = (chance: Chance, value: object): object | null =>
  chance.happens(0.4) ? null : value;

/** Changes of a spec that the schema takes. */
const CHANGES: readonly ((chance: Chance, spec: Spec) => object)[] = [
  (chance) => ({ image: chance.pick([`${IMAGE}:1`, `${IMAGE}:2`, FORBIDDEN_IMAGE]) }),
  (_, { suspended }) => ({ suspended: !suspended }),
  (chance, { engine }) => ({ replicas: chance.below(engine === 'sqlite' ? 2 : 4) }),
  (chance, { storage }) => ({
    storage: { size: chance.pick(SIZES.slice(SIZES.indexOf(storage.size))) },
  }),
  (chance) => ({ ingress: orNone(chance, { host: chance.pick(['a', 'b']) }) }),
  (chance) => ({ httpRoute: orNone(chance, { parentRefs: [{ name: 'public' }] }) }),
  (chance) => ({ deletionPolicy: chance.pick(['Retain', 'Delete']) }),
  (chance) => ({ networkPolicy: { type: chance.pick(['Open', 'Restricted']) } }),
  (chance) => ({ auth: { type: chance.pick(['Token', 'None']) } }),
  (chance) => ({ resources: orNone(chance, { limits: { cpu: chance.pick(['1', '1500m']) } }) }),
  (chance) => ({ template: orNone(chance, { labels: { team: chance.pick(['a', 'b']) } }) }),
  (chance, { engine }) =>
    engine === 'sqlite'
      ? { deletionProtection: chance.happens(0.5) }
      : { autoscaling: orNone(chance, { minReplicas: 1, maxReplicas: 3 }) },
];

const MISPLACED = { labels: { [INSTANCE_LABEL]: null, [MANAGED_BY_LABEL]: null } };
const CHILDREN = [SERVICE, SERVICE_ACCOUNT, DEPLOYMENT, INGRESS, NETWORK_POLICY, STATEFUL_SET];

/** Those who are neither the operator nor a controller of the cluster. */
export class Users {
  readonly #api: ModelApi;
  readonly #chance: Chance;

  constructor(api: ModelApi, chance: Chance) {
    this.#api = api;
    this.#chance = chance;
  }

  /** Does something; gives what it was. `mayIntrude`: the operator is not in the middle of it. */
  act(mayIntrude: boolean): string {
    if (this.#spec() === undefined) return this.make();
    const deeds: (() => string)[] = [
      ...Array.from({ length: 6 }, () => () => this.#change()),
      () => this.#delete(),
      () => this.#annotate(),
      () => this.#deleteChild(),
      () => this.#deleteToken(),
      () => this.#editChild(),
      () => this.#hideChild(),
      ...(mayIntrude ? [() => this.#intrude()] : []),
    ];
    return this.#chance.pick(deeds)();
  }

  make(): string {
    const { spec } = dumbkv({ spec: this.#first() });
    this.#api.create(DUMBKV, { metadata: AT, spec }, by);
    return `makes it: ${JSON.stringify(this.#first())}`;
  }

  /** Everything is as the operator needs it to do what is asked. */
  mend(): void {
    for (const type of CHILDREN) {
      for (const { metadata } of this.#api.list(type)) {
        if (metadata.labels?.[STRANGER_LABEL] !== undefined) {
          this.#api.remove(type, { namespace: NAMESPACE, name: metadata.name }, { by });
        }
      }
    }
    if (this.#spec()?.image === FORBIDDEN_IMAGE) this.#ask({ image: `${IMAGE}:1` });
  }

  #firstSpec: object | undefined;
  /** The engine of data that is left cannot be another one, so it is always made the same way. */
  #first(): object {
    this.#firstSpec ??= firstSpec(this.#chance);
    return this.#firstSpec;
  }

  #spec(): Spec | undefined {
    return this.#api.get(DUMBKV, AT)?.spec as Spec | undefined;
  }

  #ask(spec: object): void {
    this.#api.patch(DUMBKV, AT, { spec }, { by });
  }

  #change(): string {
    const change = this.#chance.pick(CHANGES)(this.#chance, this.#spec() as Spec);
    this.#ask(change);
    return `asks for ${JSON.stringify(change)}`;
  }

  #delete(): string {
    this.#api.remove(DUMBKV, AT, { by });
    return 'deletes it';
  }

  #annotate(): string {
    const annotations = {
      'dumbkv.dev/rotate-token': String(this.#chance.below(3)),
      'dumbkv.dev/restart': String(this.#chance.below(2)),
    };
    this.#api.patch(DUMBKV, AT, { metadata: { annotations } }, { by });
    return `annotates it: ${JSON.stringify(annotations)}`;
  }

  #child() {
    const type = this.#chance.pick(CHILDREN);
    const child = this.#api.list(type).find(({ metadata }) => !metadata.labels?.[STRANGER_LABEL]);
    return child && { type, place: { namespace: NAMESPACE, name: child.metadata.name } };
  }

  #deleteChild(): string {
    const child = this.#child();
    if (child === undefined) return 'finds nothing to delete';
    this.#api.remove(child.type, child.place, { by });
    return `deletes ${child.type.kind} ${child.place.name}`;
  }

  #deleteToken(): string {
    this.#api.remove(SECRET, { namespace: NAMESPACE, name: `${NAME}-token` }, { by });
    return 'deletes the token';
  }

  #editChild(): string {
    const child = this.#child();
    if (child === undefined || child.type === SERVICE_ACCOUNT) return 'finds nothing to edit';
    const specs: Record<string, object> = {
      [SERVICE.kind]: { type: 'NodePort', selector: { 'app.kubernetes.io/name': 'other' } },
      [DEPLOYMENT.kind]: { replicas: 3 },
      [STATEFUL_SET.kind]: { replicas: 2 },
      [INGRESS.kind]: { ingressClassName: null, rules: [] },
      [NETWORK_POLICY.kind]: { policyTypes: [] },
    };
    this.#api.patch(child.type, child.place, { spec: specs[child.type.kind] }, { by });
    return `edits ${child.type.kind} ${child.place.name}`;
  }

  #hideChild(): string {
    const child = this.#child();
    if (child === undefined) return 'finds nothing to hide';
    this.#api.patch(child.type, child.place, { metadata: MISPLACED }, { by });
    return `takes the labels off ${child.type.kind} ${child.place.name}`;
  }

  /** A stranger makes an object of the name of a child that is not there. */
  #intrude(): string {
    const type = this.#chance.pick([INGRESS, SERVICE, NETWORK_POLICY]);
    if (this.#api.get(type, AT) !== undefined) return 'has nowhere to intrude';
    const metadata = { ...AT, labels: { [STRANGER_LABEL]: 'yes' } };
    this.#api.create(type, { metadata, spec: { ports: [], rules: [] } }, by);
    return `makes ${type.kind} ${NAME}, as a stranger`;
  }
}
