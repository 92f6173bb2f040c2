// One child of an instance as it should be. bring-about.ts makes them in order: the data, what pods
// mount and run as, the Deployment, and last the Ingress.
import type { KubeObject, ResourceType } from '../kube/resource.ts';

/** One child as it should be, with its type. */
export interface DesiredChild {
  type: ResourceType;
  object: KubeObject;
  /** What it should be beside the one that is there, where that makes a difference. */
  beside?: (live: KubeObject) => KubeObject;
  /** Throws where the one that is there must not be written now after all. */
  confirm?: (live: KubeObject) => Promise<void>;
}
