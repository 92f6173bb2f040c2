// The Deployment of an instance's server. On sqlite Recreate, so that a new pod starts after the
// old one ended; that is not at-most-one in every failure, and the server's own lock guards the
// rest.
import type { DumbKV } from '../../crds/schema.ts';
import { DEPLOYMENT } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import { objectOf, ownedMetadata, selectorLabels } from './metadata.ts';
import { pinnedAnnotation, podsOf, templateGeneration } from './pinned.ts';
import { type PodSettings, serverPods } from './pod-template.ts';

/** How many pods more there are while they are replaced, where they share a database. */
export const SURGE_PODS = 1;

/** The number of server pods that should run now. */
export function wantedReplicas(dumbkv: DumbKV): number {
  return dumbkv.spec.suspended || dumbkv.rest?.isAsleep ? 0 : dumbkv.spec.replicas;
}

/** The Deployment of an instance's server, beside the one that is there. */
export function deployment(dumbkv: DumbKV, settings: PodSettings, live?: KubeObject): KubeObject {
  const pods = podsOf(dumbkv, serverPods(dumbkv, settings), live);
  const annotations = { ...pinnedAnnotation(pods), ...templateGeneration(pods, live) };
  const metadata = { ...ownedMetadata(dumbkv, dumbkv.metadata.name), annotations };
  return objectOf(DEPLOYMENT, metadata, {
    spec: {
      replicas: wantedReplicas(dumbkv),
      revisionHistoryLimit: 2,
      strategy: strategy(dumbkv),
      selector: { matchLabels: selectorLabels(dumbkv.metadata.name) },
      template: pods.template,
    },
  });
}

/** Where pods share a database, a new one is ready before an old one goes. */
const strategy = ({ spec }: DumbKV): Record<string, unknown> =>
  spec.engine === 'sqlite'
    ? { type: 'Recreate' }
    : { type: 'RollingUpdate', rollingUpdate: { maxSurge: SURGE_PODS, maxUnavailable: 0 } };
