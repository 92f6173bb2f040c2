// What only the node can do: end a container's processes with SIGKILL, as the kernel does when
// memory runs out. Nothing inside the container hears of it.
import type { ApiObject } from '../../support/control-plane-client.ts';
import { type Cluster, clusterTool } from './cluster.ts';

/** Ends the first container of a pod with SIGKILL. */
export async function killContainer(cluster: Cluster, pod: ApiObject): Promise<void> {
  const id = pod.status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '');
  if (!id) throw new Error(`pod ${pod.metadata.name} has no container to kill`);
  const kill = ['ctr', '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', id];
  await clusterTool('node', cluster.name, ...kill);
}
