// The namespace that a test file works in: made under the `restricted` Pod Security level before
// its first test, deleted after its last. When a test fails, it prints what the cluster says.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, onTestFailed } from 'vitest';
import { DEPLOYMENT, DUMBKV, POD, SECRET } from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { type KubectlResult, kubectl } from '../../support/control-plane-kubectl.ts';
import { Place } from '../../support/place.ts';
import { Caller, callerPod } from './caller.ts';
import { type Cluster, OPERATOR_NAME, OPERATOR_NAMESPACE, theCluster } from './cluster.ts';
import { describeGround } from './diagnosis.ts';
import { Instance } from './instance.ts';
import { eventually, PATIENCE_MS } from './patience.ts';

const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };
const OF_TESTS = { 'e2e.dumbkv.dev/test': 'true' };

/** A namespace of its own for a test file; call it where hooks may be registered. */
export function useGround(name: string, options: { exactName?: boolean } = {}): () => Ground {
  let ground: Ground | undefined;
  const get = () => {
    if (ground) return ground;
    throw new Error('the namespace is not there yet: ask for it from within a test or a hook');
  };
  beforeAll(async () => {
    const suffix = options.exactName ? '' : `-${randomBytes(3).toString('hex')}`;
    ground = await makeGround(await theCluster(), `${name}${suffix}`);
  });
  beforeEach(() => {
    onTestFailed(async () => {
      process.stdout.write(await describeGround(get()));
    });
  });
  afterAll(() => ground?.leave());
  return get;
}

/** Makes a namespace, after an older one of this name has gone. */
export async function makeGround(cluster: Cluster, name: string): Promise<Ground> {
  await removeNamespace(cluster, name);
  const metadata = { name, labels: { ...RESTRICTED, ...OF_TESTS } };
  const { status, body } = await cluster.call('POST', '/api/v1/namespaces', { metadata });
  if (status !== 201) throw new Error(`cannot make namespace ${name}: ${status} ${body.message}`);
  return new Ground(name, cluster);
}

/** Deletes a namespace and waits until it is gone. */
export async function removeNamespace(cluster: Cluster, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  await cluster.call('DELETE', path);
  await eventually(`namespace ${name} is gone`, async () => {
    return (await cluster.call('GET', path)).status === 404;
  });
}

/** The namespaces of all tests, those of an aborted run too. */
export async function testNamespaces({ call }: Cluster): Promise<string[]> {
  const selector = encodeURIComponent(Object.keys(OF_TESTS).join());
  const { body } = await call('GET', `/api/v1/namespaces?labelSelector=${selector}`);
  return body.items.map(({ metadata }: ApiObject) => metadata.name);
}

/** One namespace of the cluster, and what a test does in it. */
export class Ground extends Place {
  readonly cluster: Cluster;
  #caller: Promise<Caller> | undefined;

  constructor(namespace: string, cluster: Cluster) {
    super(namespace, cluster.call);
    this.cluster = cluster;
  }

  /** kubectl in this namespace, as a user calls it. */
  kubectl(args: string[], stdin = ''): Promise<KubectlResult> {
    return kubectl(this.cluster, ['--namespace', this.namespace, ...args], stdin);
  }

  /** kubectl's standard output; throws with what it said if it fails. */
  async output(args: string[], stdin = ''): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, stdin);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Applies a DumbKV as a user does. */
  applyDumbkv(name: string, spec: ApiObject = {}): Promise<string> {
    const object = { apiVersion: 'dumbkv.dev/v1alpha1', kind: 'DumbKV', metadata: { name }, spec };
    return this.output(['apply', '-f', '-'], JSON.stringify(object));
  }

  /** Waits until a DumbKV is Ready for what it asks now. */
  untilReady(name: string): Promise<ApiObject> {
    return eventually(`${this.namespace}/${name} is Ready`, async () => {
      const dumbkv = await this.get(DUMBKV, name);
      const ready = dumbkv.status?.conditions?.find((one: ApiObject) => one.type === 'Ready');
      const isCurrent = ready?.observedGeneration === dumbkv.metadata.generation;
      if (ready?.status === 'True' && isCurrent) return dumbkv;
      throw new Error(`it is ${JSON.stringify(ready)}`);
    });
  }

  /** Waits until a condition has this reason, and gives it. */
  untilShows(name: string, reason: string, type = 'Ready', limitMs = PATIENCE_MS) {
    return eventually(
      `${type} of ${name} has the reason ${reason}`,
      async () => {
        const shown = (await this.conditions(name))[type];
        if (shown?.reason === reason) return shown;
        throw new Error(`it is ${JSON.stringify(shown)}`);
      },
      limitMs,
    );
  }

  /** Waits until there is no object of this name. */
  untilGone(type: ResourceType, name: string): Promise<boolean> {
    const awaited = `${type.kind} ${this.namespace}/${name} is gone`;
    return eventually(awaited, async () => (await this.find(type, name)) === undefined);
  }

  /** The server pods of an instance that are not on their way out. */
  async podsOf(instance: string): Promise<ApiObject[]> {
    const pods = await this.list(POD);
    return pods.filter(
      ({ metadata }) =>
        metadata.labels?.['app.kubernetes.io/instance'] === instance &&
        metadata.labels['app.kubernetes.io/name'] === 'dumbkv' &&
        metadata.deletionTimestamp === undefined,
    );
  }

  /** The one pod of an instance. */
  async podOf(instance: string): Promise<ApiObject> {
    const pods = await this.podsOf(instance);
    const [pod] = pods;
    if (pods.length === 1 && pod !== undefined) return pod;
    throw new Error(`${instance} has ${pods.length} pods, not one`);
  }

  /** What a Secret holds in a field; undefined if there is no such Secret. */
  async secretText(name: string, field: string): Promise<string | undefined> {
    const secret = await this.find(SECRET, name);
    const encoded = secret?.data?.[field];
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
  }

  /** Where requests are made from inside this namespace; made at the first call. */
  caller(): Promise<Caller> {
    this.#caller ??= this.#startCaller();
    return this.#caller;
  }

  /** An instance, called through its Service with the token of its Secret. */
  async instance(name: string): Promise<Instance> {
    const token = (await this.secretText(`${name}-token`, 'token'))?.split('\n')[0];
    return new Instance(await this.caller(), `http://${name}.${this.namespace}.svc`, token);
  }

  /** Deletes the namespace, without waiting for its end. */
  async leave(): Promise<void> {
    await (await this.#caller?.catch(() => undefined))?.close();
    await this.cluster.call('DELETE', `/api/v1/namespaces/${this.namespace}`);
  }

  async #startCaller(): Promise<Caller> {
    const pod = callerPod(await serverImage(this.cluster));
    await this.make(POD, pod);
    await eventually('the caller pod runs', async () => {
      return (await this.get(POD, pod.metadata.name)).status?.phase === 'Running';
    });
    return new Caller(this.cluster.kubeconfigPath, this.namespace);
  }
}

/** The image that instances run unless they name one. */
export async function serverImage(cluster: Cluster): Promise<string> {
  const place = new Place(OPERATOR_NAMESPACE, cluster.call);
  const { spec } = await place.get(DEPLOYMENT, OPERATOR_NAME);
  const { env } = spec.template.spec.containers[0];
  return env.find((one: ApiObject) => one.name === 'SERVER_IMAGE').value;
}
