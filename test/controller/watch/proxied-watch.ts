// A reflector of ConfigMaps that reaches a real API server through the misbehaving proxy, and a
// second way to that server past the proxy. The tests of misbehaviour begin with one.
import type { KubeClient, KubeObject } from '../../../operator/kube/client.ts';
import { watchLimits } from '../../../operator/limits.ts';
import { ObjectCache } from '../../../operator/watch/cache.ts';
import { Reflector, type WatchLimits } from '../../../operator/watch/reflector.ts';
import type { ControlPlane } from '../../support/control-plane.ts';
import {
  type MisbehavingProxy,
  type SeenRequest,
  startMisbehavingProxy,
} from '../../support/misbehaving-proxy.ts';
import { until } from '../../support/until.ts';
import { CONFIG_MAP, connect } from '../kube/connect.ts';

/** The label that the reflector's watch selects. */
const SELECTOR = 'test=watched';

let number = 0;

/** The parts of one test; `end` stops them all. */
export interface ProxiedWatch {
  proxy: MisbehavingProxy;
  cache: ObjectCache;
  reflector: Reflector;
  restarts: string[];
  /** Past the proxy. */
  direct: KubeClient;
  /** Makes an object past the proxy; returns its name. */
  make(): Promise<string>;
  /** Makes an object and waits until the cache has it. */
  seesNew(): Promise<void>;
  /** What the reflector has asked since `from` requests were counted. */
  asked(from?: number): { lists: number; watches: number; all: SeenRequest[] };
  end(): Promise<void>;
}

/** Limits that make a silent watch show within seconds. */
export const IMPATIENT: Partial<WatchLimits> = { silenceMs: 1500 };

/** Starts a proxy and a reflector behind it, synced. */
export async function startProxiedWatch(
  controlPlane: ControlPlane,
  limits: Partial<WatchLimits> = {},
): Promise<ProxiedWatch> {
  const proxy = await startMisbehavingProxy(controlPlane);
  const proxied = await connect(proxy.kubeconfig);
  const direct = await connect(controlPlane.kubeconfig);
  const cache = new ObjectCache({ type: CONFIG_MAP });
  const restarts: string[] = [];
  const reflector = new Reflector({
    client: proxied.client,
    type: CONFIG_MAP,
    namespace: 'default',
    labelSelector: SELECTOR,
    sink: cache,
    limits: { ...watchLimits, ...limits },
    onRestart: (_kind, reason) => restarts.push(reason),
  });
  const stopping = new AbortController();
  const running = reflector.run(stopping.signal);
  await reflector.whenSynced();
  const make = async () => {
    number += 1;
    const made = await direct.client.create(CONFIG_MAP, watchedObject(`watched-${number}`));
    return made.metadata.name;
  };
  return {
    ...{ proxy, cache, reflector, restarts, direct: direct.client, make },
    async seesNew() {
      const name = await make();
      await until(`the watch shows ${name}`, () => cache.get('default', name));
    },
    asked(from = 0) {
      const all = proxy.requests.slice(from);
      const watches = all.filter(({ isWatch }) => isWatch).length;
      return { lists: all.length - watches, watches, all };
    },
    async end() {
      stopping.abort();
      await running;
      await Promise.all([proxied.close(), direct.close()]);
      await proxy.stop();
    },
  };
}

function watchedObject(name: string): KubeObject {
  return { metadata: { namespace: 'default', name, labels: { test: 'watched' } } };
}
